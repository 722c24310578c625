//! The bottleneck of a strategy.

use crate::experiment::runner::environment::usable_cores;
use flagpole_analysis::bottleneck::{Bottleneck, RunEvidence};
use flagpole_analysis::bound::ServerLimits;
use flagpole_analysis::report::{BottleneckView, Trial, representative};
use std::time::Duration;

/// The bottleneck of the median round.
pub(crate) fn bottleneck(
    trials: &[&Trial],
    timeout: Option<Duration>,
    limits: ServerLimits,
) -> Option<BottleneckView> {
    let median = representative(trials)?;
    let cpu = median.cost.cpu_us();
    let bottleneck = Bottleneck::for_run(&RunEvidence {
        records: &median.measured.records,
        concurrency: median.measured.concurrency,
        wall: median.measured.wall,
        timeout,
        limits,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(median),
    });
    Some(BottleneckView {
        what: bottleneck.kind.label().to_owned(),
        evidence: bottleneck.evidence,
        remedy: bottleneck.remedy,
        terms: bottleneck.terms,
    })
}
