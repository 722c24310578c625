//! The sum of ledgers, such as those of a server's workers.

use crate::ledger::Ledger;
use std::ops::AddAssign;

impl AddAssign<&Ledger> for Ledger {
    fn add_assign(&mut self, other: &Ledger) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.aborted += other.aborted;
        self.peak_concurrency = self.peak_concurrency.max(other.peak_concurrency);
        self.connections += other.connections;
        self.connection_errors += other.connection_errors;
        self.accept_errors += other.accept_errors;
        self.early_responses += other.early_responses;
        self.entries_dropped += other.entries_dropped;
        for (&status, count) in &other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        for (cause, count) in &other.by_cause {
            *self.by_cause.entry(cause.clone()).or_default() += count;
        }
        self.lateness
            .add(&other.lateness)
            .expect("a histogram that resizes itself takes any other");
        self.entries.extend(other.entries.iter().cloned());
        self.entries.sort_by_key(|entry| entry.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cause;
    use std::time::Duration;

    #[test]
    fn ledgers_add() {
        let mut one = Ledger::default();
        one.count_request(&Cause::Clean);
        one.count_response(200);
        one.count_completed();
        let mut two = Ledger::default();
        two.count_request(&Cause::Fault("500".into()));
        two.count_response(500);
        two.record_lateness(Duration::from_micros(40));
        two.count_aborted();
        two += &one;
        assert_eq!((two.requests, two.completed, two.aborted), (2, 1, 1));
        let text = two.to_string();
        assert!(text.contains("by status  200: 1, 500: 1\n"), "{text}");
        assert!(
            text.contains("by cause   clean: 1, fault 500: 1\n"),
            "{text}"
        );
        assert!(text.contains("p50 0.040 ms"), "{text}");
    }
}
