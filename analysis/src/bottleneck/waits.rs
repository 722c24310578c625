//! What attempts waited for beyond their plan, and attempts as they might have been without that.

use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, TimeoutKind};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the attempt waited in the server's queue; an attempt that timed out there did nothing but wait.
pub(super) fn queued(record: &AttemptRecord) -> Duration {
    match &record.timing {
        _ if record.timed_out_in_queue() => record.service_time(),
        Some(timing) => timing.queued,
        None => Duration::ZERO,
    }
}

/// How much later than planned the server responded, as it reports; an attempt that timed out although the plan was
/// shorter did nothing but wait.
pub(super) fn lateness(record: &AttemptRecord) -> Duration {
    match &record.timing {
        _ if record.timed_out_in_queue() => record.service_time(),
        Some(timing) => timing.lateness(),
        None => Duration::ZERO,
    }
}

/// How much later than the server reports the first byte arrived: the time of the network, of a proxy or of the client;
/// zero without a response. A server without `Server-Timing` reports no delay.
pub(super) fn unreported_delay(record: &AttemptRecord) -> Duration {
    let Some(first_byte) = record.first_byte else {
        return Duration::ZERO;
    };
    let reported = record.timing.as_ref().map_or(Duration::ZERO, |timing| {
        timing.actual.saturating_add(timing.paced_head)
    });
    first_byte
        .saturating_sub(record.sent)
        .saturating_sub(reported)
}

/// Whether the attempt timed out without a head on a connection that had served another request. Where responses are
/// followed by pauses, the server had not taken the request.
pub(super) fn timed_out_on_reused_connection(record: &AttemptRecord) -> bool {
    let is_timeout =
        matches!(&record.outcome, Outcome::Timeout(kind, _) if *kind != TimeoutKind::Connect);
    is_timeout && record.reused_connection && record.status.is_none()
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

/// Makes an attempt that timed out count as nothing.
pub(super) fn remove_timeout(record: &mut AttemptRecord) {
    if let Outcome::Timeout(_, limit) = &mut record.outcome {
        *limit = Duration::ZERO;
    }
}

/// Makes this wait a part of the planned delay.
pub(super) fn plan_wait(record: &mut AttemptRecord, wait: fn(&AttemptRecord) -> Duration) {
    let wait = wait(record);
    if !wait.is_zero() && record.status.is_some() {
        let timing = record.timing.get_or_insert_default();
        timing.planned = timing.planned.saturating_add(wait);
    }
}

/// The attempts from the last retry for each resource of a download on, without the backoff before them.
pub(super) fn last_tries(records: &[AttemptRecord]) -> Vec<AttemptRecord> {
    let mut last_retry = BTreeMap::new();
    for record in records
        .iter()
        .filter(|record| record.kind == AttemptKind::Retry)
    {
        let attempt = last_retry
            .entry((record.download, record.resource))
            .or_default();
        *attempt = record.attempt.max(*attempt);
    }
    let is_last = |record: &&AttemptRecord| {
        let last = last_retry.get(&(record.download, record.resource));
        last.is_none_or(|&last| record.attempt >= last)
    };
    let mut last: Vec<AttemptRecord> = records.iter().filter(is_last).cloned().collect();
    for record in &mut last {
        record.backoff = Duration::ZERO;
    }
    last
}
