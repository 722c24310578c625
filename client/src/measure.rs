//! One strategy's run, measured; and how it goes from one process to another.

use crate::run::{Run, RunError};
use crate::strategy::Strategy;
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::MeasuredRun;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Carries out a run and keeps every record; `run`'s own `on_record` is called too.
///
/// # Errors
/// Those of the strategy.
pub fn measure(strategy: &dyn Strategy, run: &Run<'_>) -> Result<MeasuredRun, RunError> {
    let records = Mutex::new(Vec::with_capacity(run.plan.jobs.len()));
    let keep = |record: &AttemptRecord| {
        records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(record.clone());
        run.tell(record);
    };
    let kept = run.clone().on_record(&keep);
    let start = Instant::now();
    let stats = strategy.run(&kept)?;
    let wall = start.elapsed();
    let records = records.into_inner().unwrap_or_else(PoisonError::into_inner);
    let concurrency = strategy.concurrency(run.concurrency).get();
    Ok(MeasuredRun {
        strategy: strategy.name(),
        concurrency,
        wall,
        timeout: run.policy.timeouts.whole,
        stats,
        records,
    })
}
