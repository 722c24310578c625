//! Counts the arrivals of a schedule as time goes on.

use flagpole_client::Arrivals;
use std::iter::Peekable;
use std::time::Duration;

/// The arrivals of all loops, of which those before a time have been counted.
pub(crate) struct DueCounter {
    arrivals: Peekable<Arrivals>,
    limit: u64,
    counted: u64,
}

impl DueCounter {
    /// Of these arrivals, at most `limit`.
    pub(crate) fn new(arrivals: Arrivals, limit: u64) -> DueCounter {
        DueCounter {
            arrivals: arrivals.peekable(),
            limit,
            counted: 0,
        }
    }

    /// The number of arrivals that are due before this time, which is not before that of the previous call.
    pub(crate) fn due_before(&mut self, time: Duration) -> u64 {
        while self.counted < self.limit
            && self
                .arrivals
                .next_if(|arrival| arrival.due < time)
                .is_some()
        {
            self.counted += 1;
        }
        self.counted
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
}
