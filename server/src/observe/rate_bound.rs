//! A bound on how often something is reported that may happen again and again.

use std::time::{Duration, Instant};

/// The least time between two reports.
const INTERVAL: Duration = Duration::from_secs(10);

/// Counts an event, and says when a report of it is due: at once, then at most one every ten seconds.
#[derive(Debug, Default)]
pub(crate) struct RateBound {
    reported_at: Option<Instant>,
    /// Number of events since then.
    count: u64,
}

impl RateBound {
    /// Counts an event at `now`. Returns the number of events since the previous report if a report is due.
    pub(crate) fn count(&mut self, now: Instant) -> Option<u64> {
        self.count += 1;
        let is_recent = |at| now.saturating_duration_since(at) < INTERVAL;
        if self.reported_at.is_some_and(is_recent) {
            return None;
        }
        self.reported_at = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_once_in_an_interval_with_the_number_of_events() {
        let (mut bound, start) = (RateBound::default(), Instant::now());
        let seconds = [0, 1, 9, 10, 20];
        let reports = seconds.map(|second| bound.count(start + Duration::from_secs(second)));
        assert_eq!(reports, [Some(1), None, None, Some(3), Some(1)]);
    }
}
