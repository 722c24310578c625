//! Loads of several processes, added up.

use crate::simulation::{SECOND, Simulation, duration, micros};
use flagpole_analysis::load::process::{
    LoadMerger, MergeOptions, MergedLoad, ProcessEnd, ProcessHead, ProcessInterval,
};
use flagpole_analysis::load::{LoadResult, LoopUsage};
use flagpole_protocol::{AttemptRecord, LatencyStats, LoadStats, Outcome, Resource};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// The log of a process.
#[derive(Clone)]
pub(crate) struct ProcessLog {
    pub(crate) head: ProcessHead,
    pub(crate) intervals: Vec<ProcessInterval>,
    pub(crate) end: Option<ProcessEnd>,
}

/// The log of a process whose start was at second 1,000.
pub(crate) fn log(process: &str, records: &[AttemptRecord], window: u64) -> ProcessLog {
    let mut seconds: BTreeMap<u64, LoadStats> = BTreeMap::new();
    for record in records {
        let second = micros(record.done) / SECOND;
        seconds.entry(second).or_default().record(record);
    }
    let count = seconds
        .keys()
        .next_back()
        .map_or(0, |last| last + 1)
        .max(window / SECOND);
    let interval = |second: u64| {
        let due = |record: &&AttemptRecord| micros(record.due) / SECOND == second;
        let mut interval = ProcessInterval {
            seq: second + 1,
            start: Duration::from_secs(second),
            length: duration(SECOND),
            stats: seconds.get(&second).cloned().unwrap_or_default(),
            due: Some(records.iter().filter(due).count() as u64),
            ..ProcessInterval::default()
        };
        if second < window / SECOND {
            interval.in_window.ended = interval.stats.requests();
            interval.in_window.succeeded = interval.stats.successes();
            interval.in_window.bytes = interval.stats.bytes;
        }
        interval
    };
    ProcessLog {
        head: ProcessHead {
            process: process.to_owned(),
            started_unix_us: 1000 * SECOND,
            ..ProcessHead::default()
        },
        intervals: (0..count).map(interval).collect(),
        end: Some(ProcessEnd {
            intervals: count,
            window: duration(window),
            elapsed: duration(count * SECOND),
            ..ProcessEnd::default()
        }),
    }
}

/// The logs of the shards of a simulated load at this rate.
pub(crate) fn processes_of(simulation: &Simulation, rate: f64, count: u64) -> Vec<ProcessLog> {
    let (whole, records) = simulation.recorded(rate);
    let shard = |number: u64| {
        let records = (0..)
            .zip(&records)
            .filter(|(index, _)| index % count == number);
        let records: Vec<_> = records.map(|(_, record)| record.clone()).collect();
        let mut log = log(&format!("h_{}", number + 1), &records, simulation.window);
        log.head.shard = Some([number + 1, count]);
        log.head.asked = whole.asked.clone();
        log.head.targets.clone_from(&whole.targets);
        let in_flight = records
            .iter()
            .map(|one| one.done.saturating_sub(one.started));
        let area: Duration = in_flight.sum();
        let end = log.end.as_mut().unwrap();
        end.loops = vec![LoopUsage {
            elapsed_us: simulation.window,
            cpu_us: simulation.window / 10,
            run_queue_us: Some(0),
            in_flight_area_s: area.as_secs_f64(),
            max_in_flight: 20,
        }];
        end.lost = whole.lost;
        log
    };
    (0..count).map(shard).collect()
}

/// These logs, one after the other.
pub(crate) fn merged(logs: &[ProcessLog]) -> MergedLoad {
    let mut merger = LoadMerger::new();
    for log in logs {
        let process = merger.begin(log.head.clone()).unwrap();
        for interval in &log.intervals {
            merger.interval(process, interval).unwrap();
        }
        if let Some(end) = &log.end {
            merger.end(process, end.clone()).unwrap();
        }
    }
    merger.finish(MergeOptions::default()).unwrap()
}

/// Due at these times, in microseconds, and as long in service.
fn records(requests: &[(u64, u64, bool)]) -> Vec<AttemptRecord> {
    let record = |&(due, takes, fails): &(u64, u64, bool)| {
        let outcome = if fails {
            Outcome::Http(503)
        } else {
            Outcome::Ok
        };
        let mut record = AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome);
        (record.due, record.first_due) = (duration(due), duration(due));
        (record.started, record.sent) = (duration(due + 3), duration(due + 7));
        record.lateness = duration(3);
        record.done = duration(due + 7 + takes);
        record.first_byte = Some(duration(due + 7 + takes / 2));
        record.status = Some(if fails { 503 } else { 200 });
        record.bytes = takes % 1000;
        record
    };
    requests.iter().map(record).collect()
}

/// What a whole has and its parts add up to.
fn whole(result: &LoadResult) -> LoadResult {
    let mut whole = result.clone();
    whole.processes.clear();
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn processes_merge_to_what_one_process_observes(
        requests in prop::collection::vec((0..3 * SECOND, 0..20 * SECOND, any::<bool>()), 1..600),
        parts in prop::collection::vec(0usize..4, 600),
    ) {
        let records = records(&requests);
        let one = merged(&[log("p", &records, 3 * SECOND)]);
        let part = |part| {
            let of_part = records.iter().zip(&parts).filter(|(_, at)| **at == part);
            let of_part: Vec<_> = of_part.map(|(record, _)| record.clone()).collect();
            log(&format!("p{part}"), &of_part, 3 * SECOND)
        };
        let mut logs: Vec<_> = (0..4).map(part).collect();
        let four = merged(&logs);
        prop_assert_eq!(four.result.figures.clone(), one.result.figures.clone());
        prop_assert_eq!(&four.result.seconds, &one.result.seconds);
        prop_assert_eq!(four.intervals().collect::<Vec<_>>(), one.intervals().collect::<Vec<_>>());
        prop_assert_eq!(four.result.figures.requests, requests.len() as u64);
        logs.reverse();
        prop_assert_eq!(whole(&merged(&logs).result), whole(&four.result));
        prop_assert_eq!(merged(&logs).result.processes, four.result.processes);
    }
}

#[test]
fn endpoints_are_added_up_by_method_and_name() {
    let get = |name: &str| ("GET".to_owned(), name.to_owned());
    let times = |latencies: &[u64]| {
        let mut times = LatencyStats::default();
        for latency in latencies {
            times.record(duration(*latency));
        }
        times
    };
    let mut logs = ["h_1", "h_2"].map(|name| log(name, &[], SECOND));
    logs[0].intervals[0].endpoints = BTreeMap::from([(get("/a"), times(&[5_000, 70_000]))]);
    logs[1].intervals[0].endpoints =
        BTreeMap::from([(get("/a"), times(&[6_000])), (get("/b"), times(&[1]))]);
    let merged = merged(&logs);
    let interval = merged.intervals().next().unwrap();
    let sums = [
        (get("/a"), times(&[5_000, 70_000, 6_000])),
        (get("/b"), times(&[1])),
    ];
    assert_eq!(interval.endpoints, BTreeMap::from(sums));
}
