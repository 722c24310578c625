//! What used the processors on which this process may run: `/proc/stat`.

use std::fs;
use std::time::{Duration, Instant};

/// The unit of the times in `/proc/stat`: 1/100 s on all platforms.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// The times of the processors until a point in time, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessorTimes {
    pub(super) at: Instant,
    processors: u32,
    idle: Duration,
    busy: Duration,
    pub(super) steal: Duration,
}

impl ProcessorTimes {
    /// `None` if the system does not report the times.
    pub(super) fn now() -> Option<ProcessorTimes> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let text = fs::read_to_string("/proc/stat").ok()?;
        ProcessorTimes::parse(&text, allowed.trim(), Instant::now())
    }

    /// The time of all processors since `before`.
    pub(super) fn capacity_since(&self, before: &ProcessorTimes) -> Duration {
        (self.at - before.at) * self.processors
    }

    /// How long the processors were not idle since `before`. The system measures the idle time, and what is left includes
    /// the change between idle and busy; it samples the busy time once in a tick, which may hit or miss short work. The
    /// smaller one is taken.
    pub(super) fn busy_since(&self, before: &ProcessorTimes) -> Duration {
        let idle = self.idle.saturating_sub(before.idle);
        let busy = self.busy.saturating_sub(before.busy);
        self.capacity_since(before).saturating_sub(idle).min(busy)
    }

    pub(super) fn parse(text: &str, allowed: &str, at: Instant) -> Option<ProcessorTimes> {
        let mut times = ProcessorTimes {
            at,
            processors: 0,
            idle: Duration::ZERO,
            busy: Duration::ZERO,
            steal: Duration::ZERO,
        };
        for line in text.lines() {
            // cpu0 user nice system idle iowait irq softirq steal guest guest_nice
            let mut columns = line.split_whitespace();
            let number = columns.next().and_then(|name| name.strip_prefix("cpu"));
            let Some(number) = number.and_then(|number| number.parse().ok()) else {
                continue;
            };
            if is_in_list(allowed, number) {
                let ticks: Vec<u32> = columns.filter_map(|ticks| ticks.parse().ok()).collect();
                times.processors += 1;
                let idle = ticks.get(3)? + ticks.get(4)?;
                times.idle += TICK * idle;
                // Guests are part of user and nice.
                times.busy += TICK * (ticks.iter().take(8).sum::<u32>() - idle);
                times.steal += TICK * *ticks.get(7)?;
            }
        }
        (times.processors > 0).then_some(times)
    }
}

/// Whether a list such as `0-3,8` has this number.
fn is_in_list(list: &str, number: u32) -> bool {
    list.split(',').any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let ends = from.parse::<u32>().ok().zip(to.parse::<u32>().ok());
        ends.is_some_and(|(from, to)| (from..=to).contains(&number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  9 9 9 9 9 9 9 9 0 0\n\
                        cpu0 50 0 20 1000 30 0 7 5 0 0\n\
                        cpu1 50 0 20 2000 0 0 7 6 0 0\n\
                        intr 1 2 3\n";

    fn times(text: &str, allowed: &str, at: Instant) -> ProcessorTimes {
        ProcessorTimes::parse(text, allowed, at).unwrap()
    }

    #[test]
    fn only_the_allowed_processors_count() {
        let now = Instant::now();
        let both = times(STAT, "0-3,8", now);
        assert_eq!((both.processors, both.idle), (2, TICK * 3030));
        assert_eq!(both.steal, TICK * 11);
        let second = times(STAT, "1", now);
        assert_eq!((second.processors, second.idle), (1, TICK * 2000));
        assert_eq!(ProcessorTimes::parse(STAT, "2", now), None);
        assert_eq!(ProcessorTimes::parse("", "0", now), None);
    }

    #[test]
    fn busy_is_the_smaller_one_of_not_idle_and_sampled() {
        let now = Instant::now();
        let before = times(STAT, "0,1", now);
        // Of 50 ticks 20 were idle or waiting, and 40 sampled as busy.
        let after = STAT.replace(" 50 0 20 1000 30", " 70 0 40 1010 40");
        let after = times(&after, "0,1", now + TICK * 25);
        assert_eq!(after.busy_since(&before), TICK * 30);
        let longer = ProcessorTimes {
            at: after.at + TICK * 25,
            ..after
        };
        assert_eq!(longer.busy_since(&before), TICK * 40);
    }
}
