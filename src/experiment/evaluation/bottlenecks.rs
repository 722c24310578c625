//! The bottleneck of a strategy: what keeps its runs from being faster.

use crate::experiment::runner::environment::usable_cores;
use flagpole_analysis::bottleneck::{Bottleneck, ObservedRun};
use flagpole_analysis::bound::ServerLimits;
use flagpole_analysis::comparison::{Trial, median_trial};
use std::time::Duration;

/// The bottleneck in the round with the median wall time; `None` without trials.
pub(crate) fn bottleneck(
    trials: &[&Trial],
    timeout: Option<Duration>,
    limits: ServerLimits,
) -> Option<Bottleneck> {
    let median = median_trial(trials)?;
    let cpu = median.resource_usage.cpu_us();
    Some(Bottleneck::for_run(&ObservedRun {
        records: &median.measured.records,
        concurrency: median.measured.concurrency,
        wall: median.measured.wall,
        timeout,
        limits,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(median),
    }))
}
