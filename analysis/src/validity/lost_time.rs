//! What the client and the server of a trial did not get from the machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The time in which client and server of a trial could have run and did not, and what used the processors meanwhile.
/// Null where the system does not report it (all of it is known on Linux only).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LostTime {
    /// The run-queue delay of the client's threads that made attempts: how long they could run and waited for a
    /// processor. Of many threads a sample is measured.
    pub run_queue_us: Option<u64>,
    /// The sum of the life times of the threads that `run_queue_us` is about.
    pub thread_time_us: Option<u64>,
    /// The run-queue delay that these threads would have in the trial of the strategy in which its threads waited least:
    /// waits for each other and for the server, which all its trials have.
    pub usual_run_queue_us: Option<u64>,
    /// How long the client's process was stopped: by a signal, a frozen cgroup or a paused virtual machine.
    pub stopped_us: Option<u64>,
    /// How long the client's cgroup was throttled, because it had used its CPU quota; the sum over its processors.
    pub throttled_us: Option<u64>,
    /// The run-queue delay of the busiest thread of flagpole's own server.
    pub server_run_queue_us: Option<u64>,
    /// What that is in the trial of the strategy in which the server waited least, in as much time.
    pub usual_server_run_queue_us: Option<u64>,
    /// The time of all processors on which the processes may run. This and the next three are from just before the trial
    /// until just after it; of a trial that takes less than half a second, from before an earlier trial.
    pub capacity_us: Option<u64>,
    /// The CPU time of the client, of the server, if it runs on this machine, and of `flagpole compare`.
    pub own_cpu_us: Option<u64>,
    /// The CPU time of all other processes.
    pub other_cpu_us: Option<u64>,
    /// The time in which the hypervisor ran something else on processors that had work to do.
    pub steal_us: Option<u64>,
    /// How much longer a response took than the server says, in the mean and beyond `usual_excess_us`: from when the
    /// request was sent until the first byte. Null if the server reports no delays.
    pub excess_us: Option<u64>,
    /// What responses usually take longer than the server says: the median of the measurement overhead; if that was not
    /// measured, the 10th percentile of this trial.
    pub usual_excess_us: Option<u64>,
}
