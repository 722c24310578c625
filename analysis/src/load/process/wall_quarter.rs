//! Where an interval of a process lies by the clock that all processes have in common.

use std::time::Duration;

/// A quarter of a second, in microseconds.
const QUARTER_US: i64 = 250_000;

/// A time by the common clock, rounded to quarters of a second since the Unix epoch. Seconds of different processes are put
/// together only when the first start of all is known; until then, quarters keep apart what may belong to different seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WallQuarter(i64);

impl WallQuarter {
    /// The time `since_start` after a start at `started_unix_us` by a clock that is ahead by `clock_offset_us`. All
    /// intervals of a process that begin at whole seconds are whole seconds apart.
    pub(super) fn new(
        started_unix_us: u64,
        clock_offset_us: i64,
        since_start: Duration,
    ) -> WallQuarter {
        let started = i64::try_from(started_unix_us).unwrap_or(i64::MAX);
        let started = started.saturating_sub(clock_offset_us);
        let since_start = i64::try_from(since_start.as_millis() / 250).unwrap_or(i64::MAX);
        let quarters = started.saturating_add(QUARTER_US / 2) / QUARTER_US;
        WallQuarter(quarters.saturating_add(since_start))
    }

    /// The number of whole seconds after `first`, rounded; 0 if it is before it.
    pub(super) fn seconds_after(self, first: WallQuarter) -> u64 {
        let quarters = self.0.saturating_sub(first.0).saturating_add(2);
        u64::try_from(quarters / 4).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_within_a_quarter_of_a_second_are_in_the_same_second() {
        let at = |us, since: u64| WallQuarter::new(us, 0, Duration::from_secs(since));
        let first = at(10_490_000, 0);
        for (other, since, second) in [
            (10_510_000, 0, 0),
            (10_490_000, 3, 3),
            (10_800_000, 3, 3),
            (11_400_000, 3, 4),
        ] {
            assert_eq!(at(other, since).seconds_after(first), second, "{other}");
        }
        assert_eq!(
            WallQuarter::new(15_000_000, 4_500_000, Duration::ZERO),
            at(10_500_000, 0)
        );
    }
}
