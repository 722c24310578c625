//! What the log of a client process ends with.

use crate::comparison::{ResourceUsage, ServerSummary};
use crate::load::iterations::LoadIterations;
use crate::load::loop_usage::LoopUsage;
use crate::load::process_figures::ProcessFigures;
use crate::load::stop_reason::StopReason;
use crate::validity::LostTime;
use flagpole_protocol::LoadStats;
use serde::{Deserialize, Serialize};
use serde_with::{As, DurationMicroSeconds};
use std::time::Duration;

/// What is known when a client process has ended, and its intervals do not say. The fields mean what those of
/// [`ObservedLoad`](crate::load::ObservedLoad) mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessEnd {
    /// The number of the last interval, so the number of intervals.
    pub intervals: u64,
    /// The time, from the end of the warm-up, in which requests started by schedule.
    #[serde(rename = "window_us", with = "As::<DurationMicroSeconds<u64>>")]
    pub window: Duration,
    /// The time from the end of the warm-up until the last request ended.
    #[serde(rename = "elapsed_us", with = "As::<DurationMicroSeconds<u64>>")]
    pub elapsed: Duration,
    /// Statistics of the requests that were due within the warm-up. A log has them as histograms and counters.
    #[serde(skip)]
    pub warm_up: LoadStats,
    /// Arrivals that were due and never started.
    pub unstarted: u64,
    /// The iterations of a scenario; `None` without one.
    pub iterations: Option<LoadIterations>,
    /// The event loops.
    pub loops: Vec<LoopUsage>,
    /// What the process did not get from its machine.
    pub lost: LostTime,
    /// What the process used.
    pub resource_usage: ResourceUsage,
    /// Whether the server runs on the machine of the process.
    pub is_server_local: bool,
    /// The CPU time of a server on the machine of the process; `None` if it is not known.
    #[serde(
        rename = "server_cpu_us",
        with = "As::<Option<DurationMicroSeconds<u64>>>"
    )]
    pub server_cpu: Option<Duration>,
    /// The ledger of a server of the process's own; `None` for another server.
    pub server: Option<ServerSummary>,
    /// Why it ended.
    pub stop: StopReason,
    /// How far the clock is ahead of the common one, as known at the end; `None` if it is not known.
    pub clock_offset_us: Option<i64>,
    /// In the log of a merged load, the processes that were added up; otherwise empty.
    pub processes: Vec<ProcessFigures>,
}
