//! Logs of other programs: the lines of one time are an interval. Their values are read as microseconds.

use super::reader::ForeignHistogram;
use super::tags;
use flagpole_analysis::load::process::{ProcessHead, ProcessInterval};
use flagpole_analysis::load::{AskedLoad, LoadModel, WindowCounts};
use flagpole_protocol::{LatencyStats, LoadStats, OutcomeClass, OutcomeTimes, as_micros};
use std::mem;
use std::time::Duration;

/// The outcome of histograms without a tag.
const OK: &str = "ok";

/// Puts lines together into intervals.
pub(super) struct ForeignIntervals {
    /// Since the Unix epoch.
    first: Duration,
    interval: ProcessInterval,
}

impl ForeignIntervals {
    /// The head of a log with this name and first line.
    pub(super) fn head(name: &str, first: &ForeignHistogram) -> ProcessHead {
        ProcessHead {
            process: name.to_owned(),
            started_unix_us: as_micros(first.start),
            is_foreign: true,
            asked: AskedLoad {
                model: LoadModel::Unknown,
                ..AskedLoad::default()
            },
            ..ProcessHead::default()
        }
    }

    /// Before this line.
    pub(super) fn new(first: &ForeignHistogram) -> ForeignIntervals {
        ForeignIntervals {
            first: first.start,
            interval: empty(1, Duration::ZERO, first.length),
        }
    }

    /// Adds a line; returns the interval before it, if the line begins another one.
    pub(super) fn add(&mut self, line: &ForeignHistogram) -> Option<ProcessInterval> {
        let start = line.start.saturating_sub(self.first);
        let is_other = (self.interval.start, self.interval.length) != (start, line.length);
        let previous = is_other.then(|| {
            let next = empty(self.interval.seq + 1, start, line.length);
            counted(mem::replace(&mut self.interval, next))
        });
        record(&mut self.interval.stats, &line.tag, &line.times);
        previous
    }

    /// The last interval.
    pub(super) fn finish(self) -> ProcessInterval {
        counted(self.interval)
    }
}

/// With what ended in it: all of it counts in the rate, as no window is known.
fn counted(mut interval: ProcessInterval) -> ProcessInterval {
    let stats = &interval.stats;
    interval.in_window = WindowCounts {
        ended: stats.successes() + stats.failures(),
        succeeded: stats.successes(),
        bytes: 0,
    };
    interval
}

fn empty(seq: u64, start: Duration, length: Duration) -> ProcessInterval {
    ProcessInterval {
        seq,
        start,
        length,
        ..ProcessInterval::default()
    }
}

/// Adds the latencies of a tag: `failed` and `service` mean what they mean in flagpole's logs, any other tag is an outcome of
/// its own.
fn record(stats: &mut LoadStats, tag: &str, times: &LatencyStats) {
    // Of a log of flagpole without its comments: these are in the sums as well. An empty histogram says nothing.
    if tags::is_part_of_sums(tag) || times.count() == 0 {
        return;
    }
    let label = match tag {
        "" | tags::SERVICE => OK,
        tag => tag,
    };
    let outcome = stats
        .outcomes
        .entry(label.to_owned().into())
        .or_insert_with(|| {
            let mut outcome = OutcomeTimes::default();
            if label == tags::FAILED {
                "reason not in the log".clone_into(&mut outcome.reason);
            } else {
                label.clone_into(&mut outcome.reason);
                outcome.class = OutcomeClass::Ok;
            }
            outcome
        });
    if tag == tags::SERVICE {
        outcome.service_time += times;
    } else {
        outcome.response_time += times;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn line(start: u64, tag: &str, micros: &[u64]) -> ForeignHistogram {
        let mut times = LatencyStats::default();
        for &micros in micros {
            times.record(Duration::from_micros(micros));
        }
        ForeignHistogram {
            tag: tag.to_owned(),
            start: Duration::from_secs(start),
            length: SECOND,
            times,
        }
    }

    #[test]
    fn lines_of_one_time_are_an_interval_with_an_outcome_for_each_tag() {
        let lines = [
            line(100, "", &[10, 20]),
            line(100, "service", &[9, 19]),
            line(100, "failed", &[500]),
            line(100, "response:ok", &[10, 20]),
            line(101, "writes", &[77]),
            line(101, "failed", &[]),
        ];
        let mut intervals = ForeignIntervals::new(&lines[0]);
        let previous: Vec<_> = lines
            .iter()
            .filter_map(|line| intervals.add(line))
            .collect();
        let [first] = &previous[..] else {
            panic!("{previous:?}");
        };
        let counts = |interval: &ProcessInterval| {
            let outcomes = interval.stats.outcomes.iter();
            let counts = outcomes.map(|(label, times)| (label.to_string(), times.count()));
            counts.collect::<Vec<_>>()
        };
        assert_eq!(
            counts(first),
            [("failed".to_owned(), 1), ("ok".to_owned(), 2)]
        );
        assert_eq!(
            (first.stats.successes(), first.stats.service_time().count()),
            (2, 2)
        );
        assert_eq!((first.in_window.ended, first.in_window.succeeded), (3, 2));
        let last = intervals.finish();
        assert_eq!((last.seq, last.start), (2, SECOND));
        assert_eq!(counts(&last), [("writes".to_owned(), 1)]);
    }
}
