//! The difference of two states of a ledger: the counts of one client.

use crate::ledger::Ledger;
use std::collections::BTreeMap;

impl Ledger {
    /// The counts added since `earlier`, without entries. `peak_concurrency` is that of the whole time.
    ///
    /// # Panics
    /// If `earlier` is not an earlier state of this ledger.
    #[must_use]
    pub fn delta_since(&self, earlier: &Ledger) -> Ledger {
        let mut lateness = self.lateness.clone();
        lateness
            .subtract(&earlier.lateness)
            .expect("the lateness histogram only grows");
        Ledger {
            requests: self.requests - earlier.requests,
            completed: self.completed - earlier.completed,
            aborted: self.aborted - earlier.aborted,
            by_status: added(&self.by_status, &earlier.by_status),
            by_cause: added(&self.by_cause, &earlier.by_cause),
            peak_concurrency: self.peak_concurrency,
            connections: self.connections - earlier.connections,
            connection_errors: self.connection_errors - earlier.connection_errors,
            accept_errors: self.accept_errors - earlier.accept_errors,
            lateness,
            early: self.early - earlier.early,
            ..Ledger::default()
        }
    }
}

/// The differences of the counts that have changed.
fn added<K: Ord + Clone>(now: &BTreeMap<K, u64>, before: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    let more = |(key, count): (&K, &u64)| {
        let more = count - before.get(key).copied().unwrap_or(0);
        (more > 0).then(|| (key.clone(), more))
    };
    now.iter().filter_map(more).collect()
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
            ledger.record_lateness(Ok(Duration::from_micros(late)));
            ledger.finish_request(true, None, 0);
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
}
