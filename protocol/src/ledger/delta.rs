//! What a server did between two states of its ledger: its work for the clients that used it in between.

use crate::ledger::Ledger;
use std::collections::BTreeMap;

impl Ledger {
    /// The counts added since `earlier`, without journal entries. `peak_concurrency` is that since the server started.
    ///
    /// # Panics
    /// If `earlier` is not an earlier state of this ledger: if one of its counts is higher.
    #[must_use]
    pub fn delta_since(&self, earlier: &Ledger) -> Ledger {
        let mut lateness = self.lateness.clone();
        lateness
            .subtract(&earlier.lateness)
            .expect("the lateness histogram only grows");
        Ledger {
            requests: added(self.requests, earlier.requests),
            completed: added(self.completed, earlier.completed),
            aborted: added(self.aborted, earlier.aborted),
            by_status: all_added(&self.by_status, &earlier.by_status),
            by_cause: all_added(&self.by_cause, &earlier.by_cause),
            peak_concurrency: self.peak_concurrency,
            connections: added(self.connections, earlier.connections),
            connection_errors: added(self.connection_errors, earlier.connection_errors),
            accept_errors: added(self.accept_errors, earlier.accept_errors),
            lateness,
            early_responses: added(self.early_responses, earlier.early_responses),
            ..Ledger::default()
        }
    }
}

/// What was added to a count. A release build must not wrap around either.
fn added(now: u64, earlier: u64) -> u64 {
    now.checked_sub(earlier).expect("counts only grow")
}

/// What was added to each count, without the unchanged counts.
fn all_added<K: Ord + Clone>(
    now: &BTreeMap<K, u64>,
    earlier: &BTreeMap<K, u64>,
) -> BTreeMap<K, u64> {
    let mut counts = now.clone();
    for (key, &count) in earlier {
        let now = counts.entry(key.clone()).or_default();
        *now = added(*now, count);
    }
    counts.retain(|_, count| *count > 0);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cause;
    use std::time::Duration;

    #[test]
    fn delta_and_earlier_state_add_up_to_the_ledger() {
        let request = |ledger: &mut Ledger, status, late| {
            ledger.count_request(&Cause::Delay);
            ledger.count_response(status);
            ledger.record_lateness(Duration::from_micros(late));
            ledger.count_completed();
        };
        let mut ledger = Ledger::default();
        request(&mut ledger, 200, 7000);
        let earlier = ledger.clone();
        request(&mut ledger, 404, 40);
        let mut delta = ledger.delta_since(&earlier);
        assert_eq!((delta.requests, delta.completed), (1, 1));
        assert_eq!(delta.by_status, BTreeMap::from([(404, 1)]));
        assert_eq!(delta.by_cause, BTreeMap::from([(Cause::Delay, 1)]));
        assert_eq!(delta.lateness_at(1.0).as_micros(), 40);
        delta += &earlier;
        assert_eq!(delta.to_string(), ledger.to_string());
    }

    #[test]
    #[should_panic(expected = "counts only grow")]
    fn later_state_cannot_be_subtracted() {
        let mut later = Ledger::default();
        later.count_response(200);
        let _ = Ledger::default().delta_since(&later);
    }
}
