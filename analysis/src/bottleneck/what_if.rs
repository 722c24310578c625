//! A run as it would be if something were different.

use super::run_evidence::RunEvidence;
use crate::bound::lower_bound::Bound;
use crate::bound::planned_work::PlannedWork;
use crate::bound::terms::with_each;
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// The bound of the requests after this change to each, without the server's limits.
pub(super) fn bound_if(run: &RunEvidence<'_>, change: fn(&mut AttemptRecord)) -> Duration {
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

/// The last try for each resource of a download, without the backoff before it.
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
