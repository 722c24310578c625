//! `--hlog`: an HdrHistogram interval log (V2, compressed). Each interval has three lines: response times of successes
//! without a tag, their service times with the tag `service`, and response times of failures with the tag `failed`. All
//! values are microseconds, the column `Interval_Max` too. Requests that are unfinished at the end count among the successes,
//! as long as they lasted, as in every figure.
//!
//! Lines are written when an interval ends, so that the log of a run that is killed has all intervals before.

use crate::experiment::output_target::OutputStream;
use anyhow::Result;
use flagpole_protocol::{LatencyStats, LoadStats, OutcomeClass};
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// The line with the names of the columns, which readers skip.
const LEGEND: &str =
    "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";

/// A log that is written interval by interval.
pub(crate) struct IntervalLog {
    stream: OutputStream,
    serializer: V2DeflateSerializer,
}

impl IntervalLog {
    /// Writes the head. `start` is when the first interval begins.
    pub(crate) fn new(mut stream: OutputStream, start: SystemTime) -> IntervalLog {
        let mut serializer = V2DeflateSerializer::new();
        stream.write(|mut out| write_head(&mut out, &mut serializer, start));
        IntervalLog { stream, serializer }
    }

    /// Writes an interval, which begins at `start` from the start of the log.
    pub(crate) fn write(&mut self, stats: &LoadStats, start: Duration, length: Duration) {
        let serializer = &mut self.serializer;
        self.stream
            .write(|mut out| write_interval(&mut out, serializer, stats, (start, length)));
    }

    /// The first error while writing.
    pub(crate) fn finish(self) -> Result<()> {
        self.stream.finish()
    }
}

fn write_head(
    mut out: &mut dyn Write,
    serializer: &mut V2DeflateSerializer,
    start: SystemTime,
) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    IntervalLogWriterBuilder::new()
        .add_comment(&format!("[Logged with flagpole {version}]"))
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("[Values, and Interval_Max, in microseconds]")
        .with_start_time(start)
        // The timestamps of intervals are relative to it.
        .with_base_time(start)
        .begin_log_with(&mut out, serializer)?;
    out.write_all(LEGEND.as_bytes())
}

fn write_interval(
    mut out: &mut dyn Write,
    serializer: &mut V2DeflateSerializer,
    stats: &LoadStats,
    (start, length): (Duration, Duration),
) -> io::Result<()> {
    let times = [
        (None, stats.response_time()),
        (Tag::new("service"), stats.service_time()),
        (Tag::new("failed"), failed(stats)),
    ];
    // Without a head, the writer writes only what follows.
    let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut out, serializer)?;
    for (tag, times) in times {
        log.write_histogram(&times.to_histogram(), start, length, tag)
            .map_err(io::Error::other)?;
    }
    Ok(())
}

/// The response times of failures.
fn failed(stats: &LoadStats) -> LatencyStats {
    let mut failed = LatencyStats::default();
    for times in stats.outcomes.values() {
        if times.class != OutcomeClass::Ok && !times.is_unfinished {
            failed += &times.response_time;
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::output_target::OutputTarget;
    use crate::process::test_record::record;
    use flagpole_protocol::Outcome;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    use std::fs;

    /// Tag, start, length and histogram of each line.
    fn intervals(log: &[u8]) -> Vec<(String, Duration, Duration, Histogram<u64>)> {
        let entries = IntervalLogIterator::new(log).map(Result::unwrap);
        let interval = |entry| match entry {
            LogEntry::Interval(interval) => {
                let tag = interval.tag().map_or("", |tag| tag.as_str()).to_owned();
                let encoded = base64(interval.encoded_histogram());
                let histogram = Deserializer::new().deserialize(&mut encoded.as_slice());
                Some((
                    tag,
                    interval.start_timestamp(),
                    interval.duration(),
                    histogram.unwrap(),
                ))
            }
            _ => None,
        };
        entries.filter_map(interval).collect()
    }

    fn base64(text: &str) -> Vec<u8> {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digits = text.trim_end_matches('=').chars();
        let digits = digits.map(|digit| alphabet.find(digit).unwrap());
        let bits: Vec<_> = digits
            .flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1))
            .collect();
        let bytes = bits.chunks_exact(8);
        bytes
            .map(|byte| {
                byte.iter()
                    .fold(0, |sum, bit| sum << 1 | u8::try_from(*bit).unwrap())
            })
            .collect()
    }

    #[test]
    fn each_interval_has_successes_service_times_and_failures() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.hlog");
        let stream = OutputTarget::open("--hlog", &path)
            .unwrap()
            .into_stream()
            .unwrap();
        let mut log = IntervalLog::new(
            stream,
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        );
        let second = Duration::from_secs(1);
        let mut stats = LoadStats::default();
        let mut ok = record(Outcome::Ok, Some(200));
        ok.sent = Duration::from_millis(30);
        for record in [
            &ok,
            &record(Outcome::Cancelled, None),
            &record(Outcome::Http(500), Some(500)),
        ] {
            stats.record(record);
        }
        log.write(&stats, Duration::ZERO, second);
        // An interval can be read before the next one is written.
        assert_eq!(intervals(&fs::read(&path).unwrap()).len(), 3);
        log.write(&LoadStats::default(), second, second / 2);
        log.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("\n#[StartTime: 1700000000.000 (seconds since epoch)]\n"),
            "{text}"
        );
        let intervals = intervals(text.as_bytes());
        let counts: Vec<_> = intervals
            .iter()
            .map(|(tag, start, _, times)| (tag.as_str(), *start, times.len()))
            .collect();
        let expected = [
            ("", 2),
            ("service", 2),
            ("failed", 1),
            ("", 0),
            ("service", 0),
            ("failed", 0),
        ];
        for (index, (tag, count)) in expected.into_iter().enumerate() {
            let start = if index < 3 { Duration::ZERO } else { second };
            assert_eq!(counts[index], (tag, start, count));
        }
        assert_eq!(intervals[5].2, second / 2);
        assert!((50_000..50_050).contains(&intervals[0].3.max()));
        assert!((20_000..20_020).contains(&intervals[1].3.min()));
    }
}
