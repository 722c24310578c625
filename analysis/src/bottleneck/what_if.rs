//! Lower bounds of a run as it might have been: with the actual delays, with rejections, without retries.

use super::observed_run::ObservedRun;
use crate::bound::lower_bound::Bound;
use crate::bound::planned_work::PlannedWork;
use crate::bound::terms::with_each;
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// The lower bound after this change to each attempt, without the server's limits.
pub(super) fn bound_if(run: &ObservedRun<'_>, change: fn(&mut AttemptRecord)) -> Duration {
    let work = PlannedWork::from_records(&with_each(run.records, change), run.timeout);
    work.map_or(Duration::ZERO, |work| {
        Bound::new(&work, run.concurrency).total()
    })
}

/// Makes a rejected attempt count as if the rejection had been planned.
pub(super) fn count_rejection(record: &mut AttemptRecord) {
    if record.timed_out_in_queue() {
        record.timing = None;
    } else if record.was_rejected()
        && let Some(timing) = &mut record.timing
    {
        timing.fault = None;
    }
}

/// Makes the actual delay the planned one.
pub(super) fn plan_actual_delay(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.planned = timing.planned.max(timing.actual);
    }
}

/// The attempts from the last retry for each resource of a download on, without the backoff before them.
pub(super) fn last_tries(records: &[AttemptRecord]) -> Vec<AttemptRecord> {
    let mut last_retry = BTreeMap::new();
    let is_retry = |record: &&AttemptRecord| record.kind == AttemptKind::Retry;
    for record in records.iter().filter(is_retry) {
        let attempt = last_retry.entry((record.download, record.resource));
        let attempt = attempt.or_insert(record.attempt);
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&AttemptRecord| {
        let last = last_retry.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let last: Vec<AttemptRecord> = records.iter().filter(is_last).cloned().collect();
    with_each(&last, |record| record.backoff = Duration::ZERO)
}
