//! The lower bound that planned pauses after responses set: over HTTP/1.1 a connection carries one request at a time, and
//! after such a response (`hang:100%,for=200ms`) it stays silent for the pause before it takes its next request.
//!
//! A connection is occupied for the planned times of its requests and for all of its pauses but perhaps the last: a
//! response arrives only after the pause before it, but after the last response no request needs to wait. So all n
//! connections that the run opened are together occupied for at least the sum of all planned times and pauses, less the n
//! largest pauses; none is occupied for longer than the wall time. Hence wall time >= that sum / n.
//!
//! Unlike the other terms, this one holds for the connections that the run opened: a run that opens more may be faster.

use super::planned_work::PlannedWork;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::cmp::Reverse;
use std::time::Duration;

/// The bound of these attempts, whose planned work is `work`. 0 if no request had to wait for a pause.
pub(super) fn connection_pauses(records: &[AttemptRecord], work: &PlannedWork) -> Duration {
    let connections = opened_connections(records);
    let mut longest_first: Vec<_> = records.iter().filter_map(pause_after).collect();
    longest_first.sort_unstable_by_key(|&pause| Reverse(pause));
    let waited = longest_first.iter().skip(connections);
    let waited = waited.fold(Duration::ZERO, |sum, &pause| sum.saturating_add(pause));
    if waited.is_zero() {
        return Duration::ZERO;
    }
    let requests: Duration = work.requests.iter().sum();
    let occupied = waited.saturating_add(requests).as_nanos();
    let wall = occupied / connections.max(1) as u128;
    Duration::from_nanos(u64::try_from(wall).unwrap_or(u64::MAX))
}

/// The number of connections that these attempts opened, or tried to open.
pub(crate) fn opened_connections(records: &[AttemptRecord]) -> usize {
    let opens = |record: &&AttemptRecord| {
        !record.reused_connection && record.outcome != Outcome::CircuitOpen
    };
    records.iter().filter(opens).count()
}

/// The planned pause after a response of which the head arrived. Without a head, the connection may have been in the pause
/// after the response before; counted twice, a connection would leave out two pauses.
pub(crate) fn pause_after(record: &AttemptRecord) -> Option<Duration> {
    record.status?;
    let pause = record.timing.as_ref()?.pause_after;
    (!pause.is_zero()).then_some(pause)
}

/// Whether any response is followed by a planned pause.
pub(crate) fn has_pauses(records: &[AttemptRecord]) -> bool {
    records.iter().any(|record| pause_after(record).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::{BoundTerms, ServerLimits};
    use crate::test_runs::{ScenarioResponse, run_of};
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn paused(delay: u64, pause: u64) -> ScenarioResponse {
        ScenarioResponse {
            pause,
            ..ScenarioResponse::after(delay)
        }
    }

    /// The terms of a run whose first `opened` attempts open a connection each.
    fn terms(responses: &[ScenarioResponse], opened: usize) -> BoundTerms {
        let mut records = run_of(responses);
        for record in &mut records[opened..] {
            record.reused_connection = true;
        }
        let limits = ServerLimits::default();
        BoundTerms::for_attempts(&records, opened, None, limits).unwrap()
    }

    #[test]
    fn pauses_between_requests_on_a_connection_count() {
        let responses = [paused(30, 200); 30];
        // 30 times 30 ms and 26 of the 30 pauses, on 4 connections.
        let four = terms(&responses, 4);
        assert_eq!(four.connection_pauses_us, 1_525_000);
        assert_eq!(four.total(), 1525 * MS);
        assert_eq!(terms(&responses, 1).total(), (30 * 30 + 29 * 200) * MS);
    }

    #[test]
    fn pauses_before_no_request_do_not_count() {
        let pauses = |responses: &[_], opened| terms(responses, opened).connection_pauses_us;
        assert_eq!(pauses(&[paused(30, 200); 30], 30), 0);
        assert_eq!(pauses(&[paused(30, 0); 30], 4), 0);
        let mixed = [paused(30, 0), paused(30, 200), paused(30, 100)];
        assert_eq!(pauses(&mixed, 1), 190_000, "the longer pause may be last");
    }

    /// The request in a pause times out, and the pause after the response before it is cut short.
    #[test]
    fn attempt_without_a_head_is_followed_by_no_pause() {
        let mut records = run_of(&[paused(30, 200), paused(30, 200)]);
        (records[1].status, records[1].reused_connection) = (None, true);
        let work = PlannedWork::from_records(&records, None).unwrap();
        assert_eq!(connection_pauses(&records, &work), Duration::ZERO);
    }

    proptest! {
        /// Requests on connections in any assignment, each sent as soon as its connection takes it.
        #[test]
        fn no_schedule_beats_the_bound(
            requests in prop::collection::vec((0u64..40, 0u64..40, 0usize..4), 1..20),
        ) {
            let mut connections = [None::<u64>; 4];
            let mut wall = 0;
            let mut opens = Vec::new();
            for &(delay, pause, connection) in &requests {
                let free_at = &mut connections[connection];
                opens.push(free_at.is_none());
                let done = free_at.unwrap_or(0) + delay;
                wall = wall.max(done);
                *free_at = Some(done + pause);
            }
            let responses: Vec<_> = requests.iter().map(|&(delay, pause, _)| paused(delay, pause)).collect();
            let mut records = run_of(&responses);
            for (record, opens) in records.iter_mut().zip(opens) {
                record.reused_connection = !opens;
            }
            let work = PlannedWork::from_records(&records, None).unwrap();
            prop_assert!(connection_pauses(&records, &work) <= Duration::from_millis(wall));
        }
    }
}
