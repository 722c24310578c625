//! Measures one run of a strategy.

use crate::{Run, RunError, lock::lock, strategy::Strategy};
use flagpole_protocol::{AttemptRecord, MeasuredRun};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Carries out a run and collects its records. The run's own `on_record` is called too.
///
/// # Errors
/// If the strategy fails.
pub fn measure(strategy: &dyn Strategy, run: &Run<'_>) -> Result<MeasuredRun, RunError> {
    let records = Mutex::new(Vec::with_capacity(run.workload.downloads.len()));
    let collect = |record: &AttemptRecord| {
        lock(&records).push(record.clone());
        run.report(record);
    };
    let observed = run.clone().on_record(&collect);
    let start = Instant::now();
    let stats = strategy.run(&observed)?;
    let wall = start.elapsed();
    let records = records.into_inner().unwrap_or_else(PoisonError::into_inner);
    let concurrency = strategy.concurrency(run.concurrency).get();
    Ok(MeasuredRun {
        strategy: strategy.name(),
        concurrency,
        wall,
        timeout: run.policy.timeouts.total,
        stats,
        records,
    })
}
