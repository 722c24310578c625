//! How many attempts are in flight, over time.

use std::time::Duration;

/// Integrates the number of attempts in flight over time. With the number of attempts and their times this checks Little's
/// law (Little 1961): the mean number in a system is the rate of arrivals times the mean time in the system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InFlightMeter {
    count: u64,
    max: u64,
    /// In nanoseconds, like `changed`, because arithmetic with [`Duration`] takes five times as long. Enough for a thousand
    /// attempts in flight over half a year.
    area: u64,
    changed: u64,
}

impl InFlightMeter {
    pub(super) fn on_start(&mut self, now: Duration) {
        self.advance(now);
        self.count += 1;
        self.max = self.max.max(self.count);
    }

    pub(super) fn on_end(&mut self, now: Duration) {
        self.advance(now);
        self.count -= 1;
    }

    /// The integral: attempts times the time that they have been in flight.
    pub(crate) fn area(&self) -> Duration {
        Duration::from_nanos(self.area)
    }

    /// The most attempts in flight at once.
    pub(crate) fn max(&self) -> usize {
        usize::try_from(self.max).unwrap_or(usize::MAX)
    }

    fn advance(&mut self, now: Duration) {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        // Workers on several cores read the clock before they lock the scheduler.
        let area = now.saturating_sub(self.changed).saturating_mul(self.count);
        self.area = self.area.saturating_add(area);
        self.changed = self.changed.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_is_the_sum_of_the_times_in_flight() {
        let s = Duration::from_secs;
        let mut meter = InFlightMeter::default();
        meter.on_start(s(1));
        meter.on_start(s(2));
        meter.on_end(s(4));
        meter.on_start(s(4));
        meter.on_end(s(5));
        meter.on_end(s(10));
        assert_eq!((meter.area(), meter.max()), (s(3 + 3 + 6), 2));
    }
}
