//! What the timestamps of a log count from, as HdrHistogram's own readers see it.

use std::time::Duration;

/// Timestamps that are this much before the start of the log count from it.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What the comments at the head of a log say.
#[derive(Default)]
pub(super) struct TimeBase {
    start: Option<Duration>,
    base: Option<Duration>,
}

impl TimeBase {
    /// Takes note of `#[StartTime: SECONDS ...` and `#[BaseTime: SECONDS ...`.
    pub(super) fn comment(&mut self, line: &str) {
        let time = |name: &str| {
            let rest = line.strip_prefix("#[")?.strip_prefix(name)?;
            let number: f64 = rest.split_whitespace().next()?.parse().ok()?;
            Duration::try_from_secs_f64(number).ok()
        };
        self.start = time("StartTime:").or(self.start);
        self.base = time("BaseTime:").or(self.base);
    }

    /// The time since the Unix epoch; the same timestamp if the log does not say what it counts from.
    pub(super) fn since_epoch(&self, timestamp: Duration) -> Duration {
        let base = self.base.or_else(|| {
            let start = self.start?;
            (timestamp + YEAR < start).then_some(start)
        });
        base.and_then(|base| base.checked_add(timestamp))
            .unwrap_or(timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_count_from_the_base_else_from_a_start_that_is_much_later() {
        let since_epoch = |comments: &[&str], timestamp| {
            let mut times = TimeBase::default();
            for line in comments {
                times.comment(line);
            }
            times.since_epoch(Duration::from_secs(timestamp)).as_secs()
        };
        let start = "#[StartTime: 1700000000.500 (seconds since epoch), Tue Nov 14]";
        assert_eq!(since_epoch(&[start], 3), 1_700_000_003);
        assert_eq!(since_epoch(&[start], 1_700_000_003), 1_700_000_003);
        let base = "#[BaseTime: 0.000 (seconds since epoch)]";
        assert_eq!(since_epoch(&[start, base], 3), 3);
        assert_eq!(since_epoch(&["#[StartTime: x", "# nothing"], 3), 3);
    }
}
