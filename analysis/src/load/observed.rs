//! What was observed in a load run: plain data, from which its result follows.

use super::asked::AskedLoad;
use super::condition::LoadCondition;
use super::figures::WindowCounts;
use super::iterations::LoadIterations;
use super::loop_usage::LoopUsage;
use super::repeat_command::RepeatCommand;
use super::result::LoadResult;
use super::second::LoadSecond;
use super::stop_reason::StopReason;
use crate::comparison::{Environment, ResourceUsage, ServerSummary};
use crate::validity::LostTime;
use flagpole_protocol::LoadStats;
use std::time::Duration;

/// All that was observed in a load run. What is unknown is `None` or empty, and gives no reason to doubt the run. The
/// default is a closed run without requests.
#[derive(Clone, Debug, Default)]
pub struct ObservedLoad {
    /// The machine and the program.
    pub environment: Environment,
    /// What was requested, for people: `GET http://127.0.0.1:8000/flags/br/br.gif`.
    pub targets: Vec<String>,
    /// The command that repeats the run; `None` if it is not known.
    pub repeat: Option<RepeatCommand>,
    /// The settings by name, in the order of display: `timeout`, `2s`.
    pub settings: Vec<(String, String)>,
    /// The load that was asked for.
    pub asked: AskedLoad,
    /// The time, after the warm-up, in which requests started by schedule: until the asked duration is over. With a number of
    /// requests until the last one has ended, or in the open model until the next one would have been due. Rates count what
    /// ended within it.
    pub window: Duration,
    /// The time from the end of the warm-up until the last request ended or was cancelled; at least the window.
    pub elapsed: Duration,
    /// Statistics of all requests that were due after the warm-up.
    pub stats: LoadStats,
    /// What of it ended within the window.
    pub in_window: WindowCounts,
    /// Statistics of the requests that were due within the warm-up: they are in no figure, but in the server's ledger.
    pub warm_up: LoadStats,
    /// The seconds of the run after the warm-up.
    pub seconds: Vec<LoadSecond>,
    /// In the open model, the number of arrivals that the schedule has within the window.
    pub scheduled: Option<u64>,
    /// In the open model, the number of arrivals that were due and never started; they have records as well.
    pub unstarted: u64,
    /// The iterations of a scenario; `None` without one.
    pub iterations: Option<LoadIterations>,
    /// The event loops of the client.
    pub loops: Vec<LoopUsage>,
    /// What the client's process did not get from the machine. `own_cpu_us` has the CPU time of the server too, if it is
    /// known.
    pub lost: LostTime,
    /// What the client's process used.
    pub resource_usage: ResourceUsage,
    /// Whether the server runs on this machine.
    pub is_server_local: bool,
    /// The CPU time of a server on this machine; `None` if it is not known.
    pub server_cpu: Option<Duration>,
    /// The ledger of flagpole's own server, from before the warm-up; `None` for another server.
    pub server: Option<ServerSummary>,
    /// Why the run ended.
    pub stop: StopReason,
    /// The conditions of `--fail-if`, which the result judges.
    pub fail_if: Vec<LoadCondition>,
    /// An earlier result (`--baseline`).
    pub baseline: Option<Box<LoadResult>>,
}
