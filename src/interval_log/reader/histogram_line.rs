//! A line with a histogram: `[Tag=TAG,]START,LENGTH,MAX,HISTOGRAM`.

use crate::interval_log::histogram_text::{self, ExpectedBounds};
use flagpole_protocol::LatencyStats;
use hdrhistogram::Histogram;
use std::time::Duration;

/// A line whose histogram is not decoded yet.
#[derive(Debug, PartialEq)]
pub(super) struct HistogramLine<'a> {
    /// Empty without a tag.
    pub(super) tag: &'a str,
    pub(super) start: Duration,
    pub(super) length: Duration,
    pub(super) histogram: &'a str,
}

impl HistogramLine<'_> {
    /// Parses a line; an error says what was expected and found.
    pub(super) fn parse(line: &str) -> Result<HistogramLine<'_>, String> {
        let (tag, rest) = match line.strip_prefix("Tag=") {
            Some(tagged) => tagged.split_once(',').unwrap_or((tagged, "")),
            None => ("", line),
        };
        let mut columns = rest.splitn(4, ',');
        let [start, length, max, histogram] = [(); 4].map(|()| columns.next());
        let (Some(max), Some(histogram)) = (max, histogram) else {
            let found = short(line);
            return Err(format!(
                "expected a comment or `START,LENGTH,MAX,HISTOGRAM`, got `{found}`"
            ));
        };
        // It is for people only.
        seconds(Some(max))?;
        Ok(HistogramLine {
            tag,
            start: seconds(start)?,
            length: seconds(length)?,
            histogram,
        })
    }

    /// The histogram of another program.
    pub(super) fn decode_foreign(&self) -> Result<LatencyStats, String> {
        let histogram = histogram_text::decode(self.histogram, ExpectedBounds::SameBuckets)?;
        latencies(&histogram)
            .ok_or_else(|| "expected a histogram, got one with impossible counts".to_owned())
    }
}

/// The latencies of a histogram that has no exact figures: the extremes and the sum are those of its buckets.
fn latencies(histogram: &Histogram<u64>) -> Option<LatencyStats> {
    let values = histogram.iter_recorded();
    let sum = values.map(|value| {
        let middle = histogram.median_equivalent(value.value_iterated_to());
        u128::from(middle) * u128::from(value.count_at_value())
    });
    let sum = Duration::from_micros(u64::try_from(sum.sum::<u128>()).ok()?);
    let range = (!histogram.is_empty()).then(|| {
        let range = [histogram.min(), histogram.max()];
        range.map(Duration::from_micros).into()
    });
    LatencyStats::from_log_histogram(histogram, range, sum)
}

/// A number of seconds, to microseconds, as other columns of flagpole are.
fn seconds(text: Option<&str>) -> Result<Duration, String> {
    let text = text.unwrap_or_default();
    let number: Option<f64> = text.trim().parse().ok();
    let duration = number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let micros = duration.map(|duration| (duration.as_nanos() + 500) / 1000);
    let micros = micros.and_then(|micros| u64::try_from(micros).ok());
    let duration = micros.map(Duration::from_micros);
    duration.ok_or_else(|| format!("expected a number in a column, got `{}`", short(text)))
}

/// The start of a text, for an error.
fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::{LOG_HISTOGRAM, as_micros};
    use proptest::prelude::*;

    #[test]
    fn columns_are_tag_start_length_and_histogram() {
        let line = HistogramLine::parse("Tag=a=b,1.5,1.000,20.1,HISTF==").unwrap();
        assert_eq!((line.tag, line.histogram), ("a=b", "HISTF=="));
        assert_eq!(
            (line.start, line.length),
            (Duration::from_millis(1500), Duration::from_secs(1))
        );
        assert_eq!(HistogramLine::parse("0,1,2,x").unwrap().tag, "");
    }

    #[test]
    fn other_lines_are_refused_with_what_they_are() {
        for (line, found) in [
            ("hello", "`hello`"),
            ("Tag=a", "`Tag=a`"),
            ("a,1,2,x", "`a`"),
            ("-1,1,2,x", "`-1`"),
            ("0,1e300,2,x", "`1e300`"),
            ("0,NaN,2,x", "`NaN`"),
        ] {
            let error = HistogramLine::parse(line).unwrap_err();
            assert!(error.ends_with(found), "{error}");
        }
    }

    #[test]
    fn sum_of_a_histogram_is_near_that_of_its_values() {
        let micros = [10, 123_456, 98_765_432, 200_000_000_000];
        let histogram = {
            let mut histogram = Histogram::<u64>::new_with_bounds(1, u64::MAX, 3).unwrap();
            for micros in micros {
                histogram.record(micros).unwrap();
            }
            histogram
        };
        let times = latencies(&histogram).unwrap();
        let exact = micros.iter().sum::<u64>() as f64;
        assert!((as_micros(times.sum()) as f64 / exact - 1.0).abs() < 0.001);
        assert_eq!(times.count(), 4);
        assert_eq!(
            latencies(&LOG_HISTOGRAM.empty()),
            Some(LatencyStats::default())
        );
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_panic(line in ".*", columns in "Tag=.*,[0-9.e+-]*,[0-9.e+-]*,1,.*") {
            let _ = HistogramLine::parse(&line);
            if let Ok(line) = HistogramLine::parse(&columns) {
                let _ = line.decode_foreign();
            }
        }
    }
}
