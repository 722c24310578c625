//! A trial: one run of one strategy in one round.

use super::resource_usage::ResourceUsage;
use super::server_summary::ServerSummary;
use crate::bound::terms::BoundTerms;
use crate::stats::median::lower_median;
use flagpole_protocol::{MeasuredRun, as_micros};

/// One run of one strategy in one round.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The round, from 1.
    pub round: usize,
    /// The position in the order of the round, from 1.
    pub position: usize,
    /// The measured run.
    pub measured: MeasuredRun,
    /// The resources that the client's process used.
    pub resource_usage: ResourceUsage,
    /// The terms of the lower bound; `None` without a bound.
    pub terms: Option<BoundTerms>,
    /// The server's ledger of this run; `None` for an external server.
    pub server: Option<ServerSummary>,
}

impl Trial {
    /// The p99 lateness in microseconds; `None` if no response was delayed or the server is external.
    pub fn lateness_p99_us(&self) -> Option<f64> {
        let server = self.server.as_ref().filter(|server| server.delayed > 0)?;
        Some(server.lateness_p99_us)
    }

    /// The lower bound divided by the wall time, 0 to 1; `None` without a bound and without delays.
    pub fn efficiency(&self) -> Option<f64> {
        let (bound, wall) = (self.terms?.total(), self.measured.wall);
        (!wall.is_zero() && !bound.is_zero()).then(|| bound.as_secs_f64() / wall.as_secs_f64())
    }

    pub(super) fn bound_us(&self) -> Option<u64> {
        self.terms.map(|terms| as_micros(terms.total()))
    }
}

/// The trial with the median wall time.
pub fn median_trial<'a>(trials: &[&'a Trial]) -> Option<&'a Trial> {
    lower_median(trials.iter().copied(), |one, other| {
        one.measured.wall.cmp(&other.measured.wall)
    })
}
