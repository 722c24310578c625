//! `client_saturated`: the client had no processor time to spare.

use crate::human::percent;
use crate::load::loop_usage::LoopUsage;
use crate::load::observed::ObservedLoad;
use crate::validity::ValidityIssue;

/// The part of the time of its event loops above which a client is saturated: then requests wait for the client.
const SATURATED: f64 = 0.9;

/// Which part of their time the event loops of a client ran, and could have run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::load) struct BusyShares {
    /// They had a processor, 0 to 1.
    cpu: f64,
    /// They had a processor or waited for one.
    runnable: f64,
}

impl BusyShares {
    /// `None` without loops, and if the system does not report their CPU time.
    pub(in crate::load) fn new(loops: &[LoopUsage]) -> Option<BusyShares> {
        let sum = |time: fn(&LoopUsage) -> u64| loops.iter().map(time).sum::<u64>();
        let (elapsed, cpu) = (sum(|one| one.elapsed_us), sum(|one| one.cpu_us));
        let waited = sum(|one| one.run_queue_us.unwrap_or(0));
        (elapsed > 0 && cpu > 0).then(|| BusyShares {
            cpu: cpu as f64 / elapsed as f64,
            runnable: (cpu + waited) as f64 / elapsed as f64,
        })
    }

    /// Whether the loops were ready to run nearly all of the time.
    pub(in crate::load) fn is_runnable_throughout(self) -> bool {
        self.runnable >= SATURATED
    }
}

/// In the closed model, a server on the same machine competes for its processors, so that the loops of the client are
/// ready to run throughout: that is what was asked for, and only the CPU time of the client counts. In the open model, a
/// lower rate would not have this queue, so that it counts there.
pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    let shares = BusyShares::new(&observed.loops)?;
    let is_shared = observed.is_server_local && !observed.asked.model.is_open();
    let share = if is_shared {
        shares.cpu
    } else {
        shares.runnable
    };
    let remedy = if observed.asked.model.is_open() {
        "lower the rate, or use a machine with more processors"
    } else {
        "the server may be faster than that; use a machine with more processors, or several"
    };
    let message = format!(
        "the client itself was the limit: its event loops were busy for {} of the time; {remedy}",
        percent(share.min(1.0))
    );
    (share >= SATURATED).then(|| ValidityIssue::suspect("client_saturated", message))
}
