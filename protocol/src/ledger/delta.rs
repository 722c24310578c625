//! What was added to a ledger: for a client that wants to know what of it is its own.

use crate::Ledger;
use std::collections::BTreeMap;

impl Ledger {
    /// What was added since it was `earlier`, in sums; entries are left out, and the most in service is that
    /// of the whole time.
    ///
    /// # Panics
    /// If `earlier` is none of this ledger's.
    #[must_use]
    pub fn since(&self, earlier: &Ledger) -> Ledger {
        let mut lateness = self.lateness.clone();
        lateness
            .subtract(&earlier.lateness)
            .expect("what was there earlier is among what is there now");
        Ledger {
            requests: self.requests - earlier.requests,
            completed: self.completed - earlier.completed,
            aborted: self.aborted - earlier.aborted,
            by_status: added(&self.by_status, &earlier.by_status),
            by_cause: added(&self.by_cause, &earlier.by_cause),
            most_in_service: self.most_in_service,
            connections: self.connections - earlier.connections,
            connection_errors: self.connection_errors - earlier.connection_errors,
            accept_errors: self.accept_errors - earlier.accept_errors,
            lateness,
            early: self.early - earlier.early,
            ..Ledger::default()
        }
    }
}

/// The counts that are not what they were, by how much.
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
    fn what_was_added_since_is_what_adds_up_to_it() {
        let request = |ledger: &mut Ledger, status, late| {
            ledger.open(&Cause::Delay);
            ledger.answer(status);
            ledger.record_lateness(Ok(Duration::from_micros(late)));
            ledger.close(true, None, 0);
        };
        let mut ledger = Ledger::default();
        request(&mut ledger, 200, 7000);
        let earlier = ledger.clone();
        request(&mut ledger, 404, 40);
        let mut since = ledger.since(&earlier);
        assert_eq!((since.requests, since.completed), (1, 1));
        assert_eq!(since.by_status, BTreeMap::from([(404, 1)]));
        assert_eq!(since.by_cause, BTreeMap::from([(Cause::Delay, 1)]));
        assert_eq!(since.lateness_at(1.0).as_micros(), 40);
        since += &earlier;
        assert_eq!(since.to_string(), ledger.to_string());
    }
}
