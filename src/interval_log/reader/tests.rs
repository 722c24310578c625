//! Whole logs: what is written is read, and what is damaged is named.

use super::{LogEvent, LogReader};
use crate::interval_log::blocks::{EndpointTimes, LogBlocks, Timestamps};
use crate::process::test_record::record;
use anyhow::Result;
use flagpole_analysis::load::process::{ProcessEnd, ProcessHead, ProcessInterval};
use flagpole_protocol::{LatencyStats, LoadStats, Outcome};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, LogEntry,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

const SECOND: Duration = Duration::from_secs(1);

fn read(log: &str) -> Result<Vec<LogEvent>> {
    LogReader::new("a.hlog", log.as_bytes()).collect()
}

fn error(log: &str) -> String {
    read(log).unwrap_err().to_string()
}

fn head(process: &str) -> ProcessHead {
    ProcessHead {
        process: process.to_owned(),
        targets: vec!["GET http://h/#[StartTime: 5 \n".to_owned()],
        settings: vec![("timeout".to_owned(), "2s".to_owned())],
        started_unix_us: 1_700_000_000_123_456,
        ..ProcessHead::default()
    }
}

/// Statistics of requests that took these times in microseconds; which outcome they have depends on the time.
fn stats(times: &[u64]) -> LoadStats {
    let mut stats = LoadStats::default();
    for &micros in times {
        let (outcome, code) = match micros % 5 {
            0 => (Outcome::Http(503), Some(503)),
            1 => (Outcome::Cancelled, None),
            2 => (Outcome::Unsent, None),
            3 => (Outcome::NotFound, Some(404)),
            _ => (Outcome::Ok, Some(200)),
        };
        let mut record = record(outcome, code);
        record.sent = Duration::from_nanos(micros * 300 + 7);
        record.first_byte = Some(Duration::from_nanos(micros * 600));
        record.done = Duration::from_micros(micros);
        stats.record(&record);
    }
    stats
}

fn interval(seq: u64, times: &[u64]) -> ProcessInterval {
    ProcessInterval {
        seq,
        start: SECOND * u32::try_from(seq - 1).unwrap(),
        length: SECOND,
        stats: stats(times),
        due: Some(7),
        in_flight: 3,
        ..ProcessInterval::default()
    }
}

/// A log with these intervals.
fn log(process: &str, intervals: &[ProcessInterval]) -> String {
    let (mut blocks, mut text) = LogBlocks::new(&head(process), Timestamps::FromStart);
    for interval in intervals {
        text += &blocks.interval(interval, &[]);
    }
    let end = ProcessEnd {
        warm_up: stats(&[4, 5, 6]),
        ..ProcessEnd::default()
    };
    text + &blocks.end(&end, SECOND)
}

fn intervals(events: &[LogEvent]) -> Vec<&ProcessInterval> {
    let intervals = events.iter().filter_map(|event| match event {
        LogEvent::Interval(logged) => Some(&logged.interval),
        _ => None,
    });
    intervals.collect()
}

fn one_interval() -> String {
    log("h_1", &[interval(1, &[4, 9, 100, 250])])
}

#[test]
fn what_is_written_is_read() {
    let written = [interval(1, &[4, 10, 11, 12, 13]), interval(2, &[])];
    let events = read(&log("h_1", &written)).unwrap();
    assert_eq!(events[0], LogEvent::Process(Box::new(head("h_1"))));
    assert_eq!(intervals(&events), written.iter().collect::<Vec<_>>());
    let LogEvent::End { process, end } = &events[3] else {
        panic!("{:?}", events[3]);
    };
    assert_eq!(
        (process.as_str(), &end.warm_up),
        ("h_1", &stats(&[4, 5, 6]))
    );
    assert_eq!(events.len(), 4);
}

#[test]
fn blocks_of_several_processes_may_be_interleaved() {
    let (mut one, mut text) = LogBlocks::new(&head("one"), Timestamps::Absolute);
    let (mut other, begin) = LogBlocks::new(&head("other"), Timestamps::Absolute);
    text += &one.interval(&interval(1, &[4]), &[]);
    text += &begin;
    text += &other.interval(&interval(1, &[9]), &[]);
    text += &one.interval(&interval(2, &[14]), &[]);
    let events = read(&text).unwrap();
    let processes = events.iter().filter_map(|event| match event {
        LogEvent::Interval(logged) => Some((logged.process.as_str(), logged.interval.seq)),
        _ => None,
    });
    assert_eq!(
        processes.collect::<Vec<_>>(),
        [("one", 1), ("other", 1), ("one", 2)]
    );
}

#[test]
fn other_readers_see_intervals_at_absolute_times_whatever_the_order() {
    let (mut blocks, text) = LogBlocks::new(&head("one"), Timestamps::Absolute);
    let text = text + &blocks.interval(&interval(2, &[4]), &[]);
    let entries = IntervalLogIterator::new(text.as_bytes()).map(Result::unwrap);
    let entries: Vec<_> = entries.collect();
    assert_eq!(
        entries[..2],
        [
            LogEntry::StartTime(Duration::ZERO),
            LogEntry::BaseTime(Duration::ZERO)
        ]
    );
    let LogEntry::Interval(first) = &entries[2] else {
        panic!("{:?}", entries[2]);
    };
    assert_eq!(
        first.start_timestamp(),
        Duration::from_millis(1_700_000_001_123)
    );
}

#[test]
fn endpoints_have_histograms_of_their_own() {
    let mut times = LatencyStats::default();
    times.record(SECOND);
    let (mut blocks, text) = LogBlocks::new(&head("one"), Timestamps::Absolute);
    let endpoint = EndpointTimes {
        method: "GET",
        name: "/a b_c,d",
        response_time: &times,
    };
    let events = read(&(text + &blocks.interval(&interval(1, &[4]), &[endpoint]))).unwrap();
    let LogEvent::Interval(logged) = &events[1] else {
        panic!("{events:?}");
    };
    let name = ("GET".to_owned(), "/a b_c,d".to_owned());
    let expected = ProcessInterval {
        endpoints: BTreeMap::from([(name, times)]),
        ..interval(1, &[4])
    };
    assert_eq!(logged.interval, expected);
}

#[test]
fn interval_that_is_cut_off_is_left_out() {
    let whole = one_interval();
    let next = log("h_1", &[interval(1, &[4]), interval(2, &[4])]);
    let second = next.match_indices("#[flagpole interval").nth(1).unwrap().0;
    let first = next.find("#[flagpole interval").unwrap();
    for end in first + 1..second + 100 {
        let events = read(&next[..end]).unwrap();
        let is_whole = next[first..end].contains("]\n") || next[..end].ends_with(']');
        let complete = intervals(&events).len();
        assert!(
            complete <= 1 && (complete == 1 || !is_whole || end < second),
            "{end}"
        );
    }
    let cut = &next[..second + 30];
    let Some(LogEvent::CutOff { line }) = read(cut).unwrap().pop() else {
        panic!("{cut}");
    };
    assert!(
        cut.lines()
            .nth(usize::try_from(line).unwrap() - 1)
            .unwrap()
            .starts_with("1.000,")
    );
    // The log goes on with another process, as that of a master that was started again.
    let events = read(&(cut.to_owned() + "\n" + &whole));
    assert!(events.unwrap_err().to_string().contains("cut off"));
    let lines = cut[..second].to_owned() + &whole;
    assert_eq!(intervals(&read(&lines).unwrap()).len(), 2);
}

#[test]
fn line_that_was_removed_or_changed_is_named() {
    let log = one_interval();
    let lines: Vec<_> = log.lines().collect();
    let is_histogram = |line: &&str| line.contains(",HIST");
    let histograms = (0..lines.len()).filter(|&at| is_histogram(&lines[at]));
    for at in histograms {
        let mut fewer = lines.clone();
        fewer.remove(at);
        assert!(error(&(fewer.join("\n") + "\n")).contains("has no line before it"));
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        let message = error(&(twice.join("\n") + "\n"));
        assert!(
            message.contains("twice") && message.starts_with("a.hlog:"),
            "{message}"
        );
        let mut other = lines.clone();
        let changed = lines[at].replace(",HIST", ",HISX");
        other[at] = &changed;
        assert!(error(&(other.join("\n") + "\n")).starts_with(&format!("a.hlog:{}: ", at + 1)));
    }
}

#[test]
fn histogram_of_another_interval_is_named() {
    let (one, other) = (
        one_interval(),
        log("h_1", &[interval(1, &[4, 9, 100, 300])]),
    );
    let mut lines: Vec<_> = one.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("Tag=response:http_503"))
        .unwrap();
    lines[at] = other.lines().nth(at).unwrap();
    let message = error(&(lines.join("\n") + "\n"));
    let expected = "the histogram with the tag `response:http_503` does not agree with the counts of its interval";
    assert_eq!(message, format!("a.hlog:{}: {expected}", at + 1));
}

#[test]
fn line_ends_of_other_systems_are_read() {
    let log = one_interval();
    assert_eq!(
        read(&log.replace('\n', "\r\n")).unwrap(),
        read(&log).unwrap()
    );
}

#[test]
fn interval_without_its_process_is_refused() {
    let log = one_interval();
    let lines = log
        .lines()
        .filter(|line| !line.starts_with("#[flagpole process"));
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    assert!(error(&text).contains("expected the head of process `h_1`"));
}

#[test]
fn intervals_count_from_1() {
    let log = one_interval();
    for seq in ["0", "18446744073709551615"] {
        let text = log.replace("\"seq\":1,", &format!("\"seq\":{seq},"));
        let expected = format!("`seq`, from 1 to 10000000, got {seq}");
        assert!(error(&text).contains(&expected), "{}", error(&text));
    }
    let text = log.replace("\"intervals\":0", "\"intervals\":18446744073709551615");
    assert!(
        error(&text).contains("expected at most 10000000 intervals"),
        "{}",
        error(&text)
    );
}

#[test]
fn files_that_are_no_logs_are_refused() {
    assert_eq!(
        error(""),
        "a.hlog: expected an interval log, got an empty file"
    );
    assert_eq!(
        error("\n\n"),
        "a.hlog: expected an interval log, got an empty file"
    );
    for text in ["hello", "hello\n", "1,2,3\n"] {
        assert!(
            error(text).starts_with("a.hlog:1: expected a comment or `START,"),
            "{}",
            error(text)
        );
    }
}

/// A log of another program.
fn foreign(highest: u64, digits: u8) -> String {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, highest, digits).unwrap();
    histogram.record(1234).unwrap();
    let (mut out, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    IntervalLogWriterBuilder::new()
        .with_start_time(UNIX_EPOCH + SECOND * 1_700_000_000)
        .begin_log_with(&mut out, &mut serializer)
        .unwrap()
        .write_histogram(&histogram, SECOND, SECOND, None)
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn logs_of_other_programs_are_read_if_their_buckets_are_the_same() {
    let events = read(&foreign(3_600_000_000, 3)).unwrap();
    let [LogEvent::Foreign(line)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (line.start, line.times.count()),
        (SECOND * 1_700_000_001, 1)
    );
    let message = error(&foreign(3_600_000_000, 2));
    let expected = "a.hlog:2: expected a histogram of lowest value 1 and 3 digits (and any highest value), got 1 to 3600000000 with 2 digits";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn histogram_of_other_bounds_is_refused_among_those_of_flagpole() {
    let (ours, other) = (one_interval(), foreign(3_600_000_000, 3));
    let line = other.lines().last().unwrap();
    let at = ours
        .lines()
        .position(|line| line.contains(",HIST"))
        .unwrap();
    let mut lines: Vec<_> = ours.lines().collect();
    lines[at] = line;
    let message = error(&(lines.join("\n") + "\n"));
    assert!(
        message.starts_with(&format!(
            "a.hlog:{}: expected a histogram of 1 to 172800000000",
            at + 1
        )),
        "{message}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn statistics_of_any_requests_are_read_as_they_were(
        times in prop::collection::vec(prop::collection::vec(0u64..200_000_000, 0..300), 1..4),
    ) {
        let written: Vec<_> = (1..).zip(&times).map(|(seq, times)| interval(seq, times)).collect();
        let events = read(&log("h_1", &written)).unwrap();
        prop_assert_eq!(intervals(&events), written.iter().collect::<Vec<_>>());
    }

    #[test]
    fn damaged_log_is_an_error_or_has_intervals_with_the_requests_that_were_written(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let written = [interval(1, &[4, 10, 11, 12, 13]), interval(2, &[4; 300])];
        let mut bytes = log("h_1", &written).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for event in LogReader::new("a.hlog", bytes.as_slice()).flatten() {
            if let LogEvent::Interval(logged) = event {
                let stats = &logged.interval.stats;
                let requests = stats.requests();
                prop_assert!(written.iter().any(|one| one.stats.requests() == requests));
            }
        }
    }
}
