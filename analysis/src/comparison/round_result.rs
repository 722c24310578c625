//! The figures of a trial in a result.

use super::resource_usage::ResourceUsage;
use super::trial::Trial;
use flagpole_protocol::as_micros;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of one trial: one strategy in one round.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RoundResult {
    /// The round, from 1.
    pub round: usize,
    /// The position of the strategy in the order of the round, from 1.
    pub position: usize,
    /// The wall time.
    pub wall_us: u64,
    /// The lower bound; null if the planned delays are unknown.
    pub bound_us: Option<u64>,
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// The resources that the client's process used.
    pub resource_usage: ResourceUsage,
    /// The CPU time of the server's process during the trial; null for an external server.
    pub server_cpu_us: Option<u64>,
    /// The p99 lateness of delayed responses, with fractions because the server measures in nanoseconds; null if no
    /// response was delayed, or for an external server.
    pub lateness_p99_us: Option<f64>,
}

impl From<&Trial> for RoundResult {
    fn from(trial: &Trial) -> RoundResult {
        let stats = &trial.measured.stats;
        RoundResult {
            round: trial.round,
            position: trial.position,
            wall_us: as_micros(trial.measured.wall),
            bound_us: trial.bound_us(),
            ok: stats.ok,
            not_found: stats.not_found,
            error: stats.error,
            resource_usage: trial.resource_usage,
            server_cpu_us: trial.server.as_ref().map(|server| server.cpu_us),
            lateness_p99_us: trial.lateness_p99_us(),
        }
    }
}
