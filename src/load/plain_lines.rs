//! Progress without a terminal: a line on standard error for each second of a short run, and about ten lines of a long one.

use super::live_view::snapshot::{LiveSnapshot, Phase, RunLength};
use super::text;
use flagpole_analysis::grouped;
use std::time::Duration;

/// The most lines of a run whose length is known, besides those of its first seconds.
const LINES: u32 = 10;

/// The least time between two lines of a run whose length is unknown, after its first seconds.
const UNKNOWN: Duration = Duration::from_secs(10);

/// Which seconds have a line.
pub(crate) struct PlainLines {
    /// Seconds.
    interval: u64,
    next: u64,
}

impl PlainLines {
    pub(crate) fn new(length: RunLength) -> PlainLines {
        let interval = match length {
            RunLength::Duration(length) => length / LINES,
            RunLength::Requests(_) | RunLength::Unlimited => UNKNOWN,
        };
        PlainLines {
            interval: interval.as_secs().max(1),
            next: 1,
        }
    }

    /// The line of a snapshot, if it is due.
    pub(crate) fn line(&mut self, snapshot: &LiveSnapshot) -> Option<String> {
        let seconds = snapshot.elapsed.as_secs();
        if seconds < self.next {
            return None;
        }
        self.next = seconds + self.interval;
        Some(line(snapshot))
    }
}

fn line(snapshot: &LiveSnapshot) -> String {
    let LiveSnapshot { last, .. } = snapshot;
    let phase = match snapshot.phase {
        Phase::Running => "",
        Phase::WarmUp => "  warm-up",
        Phase::Paused => "  paused",
        Phase::Ending => "  waiting for the last responses",
    };
    let (p50, p99, max) = (
        text::latency(last.p50),
        text::latency(last.p99),
        text::latency(last.max),
    );
    format!(
        "{:>6}  {:>11}  p50 {p50:>7}  p99 {p99:>7}  max {max:>7}  {} in flight  {} failed{phase}",
        text::clock(snapshot.elapsed),
        text::rate(snapshot.rate),
        grouped(snapshot.in_flight),
        grouped(snapshot.failures),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::live_view::snapshot::Percentiles;

    fn lines(length: RunLength, seconds: u64) -> usize {
        let mut lines = PlainLines::new(length);
        let seconds = (1..=seconds).map(Duration::from_secs);
        let snapshots = seconds.map(|elapsed| LiveSnapshot {
            elapsed,
            ..LiveSnapshot::default()
        });
        snapshots
            .filter_map(|snapshot| lines.line(&snapshot))
            .count()
    }

    #[test]
    fn short_run_has_a_line_a_second_and_a_long_one_ten() {
        let run = |seconds| RunLength::Duration(Duration::from_secs(seconds));
        assert_eq!(lines(run(8), 8), 8);
        assert_eq!(lines(run(600), 600), 10);
        assert_eq!(lines(RunLength::Requests(1), 60), 6);
    }

    #[test]
    fn line_has_rate_latencies_and_failures() {
        let ms = |millis| Some(Duration::from_millis(millis));
        let snapshot = LiveSnapshot {
            elapsed: Duration::from_secs(5),
            rate: 41_203.0,
            in_flight: 50,
            failures: 2,
            last: Percentiles {
                p50: ms(1),
                p99: ms(2),
                max: ms(15),
                ..Percentiles::default()
            },
            phase: Phase::WarmUp,
            ..LiveSnapshot::default()
        };
        let expected = "  0:05     41,203/s  p50 1.00 ms  p99 2.00 ms  max 15.0 ms  50 in flight  2 failed  warm-up";
        assert_eq!(line(&snapshot), expected);
    }
}
