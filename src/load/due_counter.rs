//! Counts the arrivals of a schedule as time goes on.

use flagpole_client::{Arrival, Arrivals};
use std::iter::Peekable;
use std::time::Duration;

/// The arrivals of a share, of which those before a time have been counted.
pub(crate) struct DueCounter {
    arrivals: Peekable<Arrivals>,
    limit: u64,
    counted: u64,
}

impl DueCounter {
    /// Of these arrivals, those whose number is below `limit`.
    pub(crate) fn new(arrivals: Arrivals, limit: u64) -> DueCounter {
        DueCounter {
            arrivals: arrivals.peekable(),
            limit,
            counted: 0,
        }
    }

    /// The number of arrivals that are due before this time, which is not before that of the previous call.
    pub(crate) fn due_before(&mut self, time: Duration) -> u64 {
        let limit = self.limit;
        let is_counted = |arrival: &Arrival| arrival.number < limit && arrival.due < time;
        while self.arrivals.next_if(is_counted).is_some() {
            self.counted += 1;
        }
        self.counted
    }

    /// When the schedule ends because of the limit: when the next arrival would be due. `None` if that is not before `until`,
    /// which is not before the times of previous calls.
    pub(crate) fn limit_before(&mut self, until: Duration) -> Option<Duration> {
        self.due_before(until);
        let next = self.arrivals.peek()?;
        (next.number >= self.limit).then_some(next.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_client::{ArrivalProcess, Share, Stage};

    #[test]
    fn arrivals_are_counted_up_to_a_time_and_a_limit() {
        let stage = Stage::constant("10/s".parse().unwrap(), Some(Duration::from_secs(2)));
        let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, Share::WHOLE);
        let mut counter = DueCounter::new(arrivals, 15);
        let times = [0, 100, 101, 1000, 9000].map(Duration::from_millis);
        assert_eq!(
            times.map(|time| counter.due_before(time)),
            [0, 1, 2, 10, 15]
        );
    }

    #[test]
    fn shards_count_the_arrivals_of_one_limit() {
        let stage = Stage::constant("10/s".parse().unwrap(), Some(Duration::from_secs(2)));
        let counted = |index| {
            let share = Share { index, of: 4 };
            let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, share);
            DueCounter::new(arrivals, 15).due_before(Duration::MAX)
        };
        assert_eq!([0, 1, 2, 3].map(counted), [4, 4, 4, 3]);
    }

    #[test]
    fn schedule_ends_when_the_arrival_after_the_limit_would_be_due() {
        let stage = Stage::constant("10/s".parse().unwrap(), Some(Duration::from_secs(2)));
        let counter = |limit| {
            let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, Share::WHOLE);
            DueCounter::new(arrivals, limit)
        };
        let s = Duration::from_secs;
        let mut limited = counter(15);
        assert_eq!(limited.limit_before(s(1)), None);
        assert_eq!(
            limited.limit_before(s(2)),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(counter(20).limit_before(s(9)), None);
    }
}
