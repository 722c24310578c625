//! One strategy's run, measured; and how it goes from one process to another.

mod passed;

pub use passed::Passed;

use crate::bound::{Bound, planned};
use crate::record::Record;
use crate::run::{Run, RunError};
use crate::strategy::Strategy;
use crate::tally::Tally;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The strategy's name.
    pub strategy: &'static str,
    /// How many lanes it had.
    pub concurrency: usize,
    /// How long its `run` took: threads, runtimes and connections included.
    pub wall: Duration,
    /// All attempts, added up.
    pub tally: Tally,
    /// Every attempt, in the order in which they completed. This grows with the plan: for runs of a
    /// few thousand downloads, not for hours of load.
    pub records: Vec<Record>,
    /// The least wall time that the same plan could have taken; `None` if the server did not say
    /// what it planned, or something was hedged.
    pub bound: Option<Bound>,
}

impl Measured {
    /// The bound over the wall time, 0 to 1; `None` without a bound.
    pub fn efficiency(&self) -> Option<f64> {
        let bound = self.bound?.total();
        (!self.wall.is_zero()).then(|| bound.as_secs_f64() / self.wall.as_secs_f64())
    }
}

/// Carries out a run and keeps every record; `run`'s own `on_record` is called too.
///
/// # Errors
/// Those of the strategy.
pub fn measure(strategy: &dyn Strategy, run: &Run<'_>) -> Result<Measured, RunError> {
    let records = Mutex::new(Vec::with_capacity(run.plan.jobs.len()));
    let keep = |record: &Record| {
        records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(record.clone());
        run.tell(record);
    };
    let kept = run.clone().on_record(&keep);
    let start = Instant::now();
    let tally = strategy.run(&kept)?;
    let wall = start.elapsed();
    let records = records.into_inner().unwrap_or_else(PoisonError::into_inner);
    let concurrency = strategy.lanes(run.lanes).get();
    let planned = planned(&records, run.policy.timeouts.whole);
    let bound = planned.map(|planned| Bound::of(&planned, concurrency));
    Ok(Measured {
        strategy: strategy.name(),
        concurrency,
        wall,
        tally,
        records,
        bound,
    })
}
