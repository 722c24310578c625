//! The seconds of a run, as they become complete.

use super::collector::{Collector, IntervalStats};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A second is taken this long after its end, so that the records of its last attempts are there.
const DELAY: Duration = Duration::from_millis(20);

/// The time between two looks at the clock before the run has started.
const START_POLL: Duration = Duration::from_millis(5);

/// Takes the seconds after the warm-up out of a collector, one after the other and without gaps. Records that come after their
/// second was taken count in the next one.
pub(crate) struct Seconds {
    collector: Arc<Collector>,
    warm_up: Duration,
    /// The number of seconds that were taken.
    count: u64,
    late: IntervalStats,
}

impl Seconds {
    pub(crate) fn new(collector: Arc<Collector>, warm_up: Duration) -> Seconds {
        Seconds {
            collector,
            warm_up,
            count: 0,
            late: IntervalStats::default(),
        }
    }

    /// The time until the next second, of the warm-up or after it, is complete. `elapsed` is 0 before the start.
    pub(crate) fn until_next(&self, elapsed: Duration) -> Duration {
        if elapsed.is_zero() {
            return START_POLL;
        }
        // Seconds count from the end of the warm-up.
        let second = SECOND.as_nanos();
        let offset = (self.warm_up + DELAY).as_nanos() % second;
        let phase = (elapsed.as_nanos() + second - offset) % second;
        Duration::from_nanos(u64::try_from(second - phase).unwrap_or(0))
    }

    /// Takes the seconds that are complete.
    pub(crate) fn take_complete(&mut self, elapsed: Duration) -> Vec<IntervalStats> {
        match elapsed.checked_sub(self.warm_up + DELAY) {
            Some(measured) => self.take_before(measured.as_secs()),
            None => Vec::new(),
        }
    }

    /// Takes the seconds before this one.
    pub(crate) fn take_before(&mut self, before: u64) -> Vec<IntervalStats> {
        let mut taken = self.collector.take_seconds(before);
        let mut next = taken.split_off(&self.count);
        for late in taken.values() {
            self.late += late;
        }
        let numbers = self.count..before;
        self.count = self.count.max(before);
        let second = |number| {
            let mut interval = mem::take(&mut self.late);
            interval += &next.remove(&number).unwrap_or_default();
            interval
        };
        numbers.map(second).collect()
    }

    /// Takes all that is left.
    pub(crate) fn take_rest(&mut self) -> IntervalStats {
        let mut rest = mem::take(&mut self.late);
        for interval in self.collector.take_seconds(u64::MAX).values() {
            rest += interval;
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record;
    use flagpole_protocol::Outcome;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn seconds_have_no_gaps_and_late_records_count_in_the_next_one() {
        let collector = Arc::new(Collector::new(SECOND, None, None));
        let mut seconds = Seconds::new(collector.clone(), SECOND);
        let mut sink = collector.sink(0);
        let mut done = |millis: u32| {
            let mut record = test_record::record(Outcome::Ok, None);
            (record.first_due, record.done) = (SECOND, MS * millis);
            sink.record(&record);
        };
        let counts = |taken: Vec<IntervalStats>| {
            let counts = taken.iter().map(|second| second.stats.requests());
            counts.collect::<Vec<_>>()
        };
        done(1999);
        done(3500);
        assert_eq!(counts(seconds.take_complete(MS * 2019)), [0_u64; 0]);
        assert_eq!(counts(seconds.take_complete(MS * 2020)), [1]);
        done(1998);
        assert_eq!(counts(seconds.take_complete(MS * 4100)), [1, 1]);
        assert_eq!(counts(seconds.take_complete(MS * 3000)), [0_u64; 0]);
        done(2000);
        done(4500);
        assert_eq!(seconds.take_rest().stats.requests(), 2);
    }

    #[test]
    fn next_second_is_complete_shortly_after_its_end() {
        let seconds = Seconds::new(Arc::new(Collector::new(MS * 300, None, None)), MS * 300);
        for (elapsed, wait) in [(0, 5), (100, 220), (320, 1000), (1319, 1), (2000, 320)] {
            assert_eq!(seconds.until_next(MS * elapsed), MS * wait, "{elapsed}");
        }
    }
}
