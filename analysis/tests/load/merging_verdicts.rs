//! The verdict on the load of several processes: what is wrong with the logs, with a process, or with the whole.

use crate::merging::{ProcessLog, log, merged, processes_of};
use crate::simulation::{MS, SECOND, Simulation, duration};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_analysis::load::process::ProcessEnd;
use flagpole_analysis::load::{AskedUserClass, LoadModel, LoadResult, LoopUsage, StopReason};
use flagpole_analysis::validity::Validity;

/// Four shards of a load of 400 requests/s for 10 s.
fn shards() -> Vec<ProcessLog> {
    processes_of(&Simulation::default(), 400.0, 4)
}

fn result(logs: &[ProcessLog]) -> LoadResult {
    merged(logs).result
}

/// The severities and labels of the reasons.
fn reasons(logs: &[ProcessLog]) -> Vec<(Validity, String)> {
    let verdict = result(logs).verdict;
    let reasons = verdict.reasons.into_iter();
    reasons
        .map(|reason| (reason.severity, reason.label))
        .collect()
}

fn only(severity: Validity, label: &str) -> Vec<(Validity, String)> {
    vec![(severity, label.to_owned())]
}

fn message(logs: &[ProcessLog]) -> String {
    result(logs).verdict.reasons[0].message.clone()
}

fn end(log: &mut ProcessLog) -> &mut ProcessEnd {
    log.end.as_mut().unwrap()
}

#[test]
fn shards_of_one_load_are_valid() {
    let result = result(&shards());
    assert_eq!(
        result.verdict.validity,
        Validity::Valid,
        "{:?}",
        result.verdict
    );
    assert_eq!(result.figures.asked_per_s, Some(400.0));
    assert_eq!((result.figures.requests, result.processes.len()), (4000, 4));
    assert!(
        result.verdict.unchecked.is_empty(),
        "{:?}",
        result.verdict.unchecked
    );
}

#[test]
fn missing_and_repeated_shards_are_invalid() {
    let mut logs = shards();
    logs.remove(2);
    assert_eq!(reasons(&logs), only(Validity::Invalid, "shard_missing"));
    assert!(
        message(&logs).starts_with("1 of 4 shards is missing: 3;"),
        "{}",
        message(&logs)
    );
    let mut logs = shards();
    let mut again = logs[1].clone();
    again.head.process = "h_again".to_owned();
    logs.push(again);
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Invalid, "shard_repeated".to_owned())
    );
    assert!(
        message(&logs).starts_with("shard 2 was made by processes h_2 and h_again;"),
        "{}",
        message(&logs)
    );
    let mut logs = shards();
    logs[0].head.shard = Some([1, 5]);
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Invalid, "shards_differ".to_owned())
    );
}

#[test]
fn missing_interval_is_invalid_and_one_that_comes_again_counts_once() {
    let mut logs = shards();
    logs[1].intervals.remove(4);
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Invalid, "interval_missing".to_owned())
    );
    assert!(
        message(&logs)
            .starts_with("process h_2: its log lacks 1 of 11 intervals; merge the log as"),
        "{}",
        message(&logs)
    );
    // Only workers have a copy.
    logs[1].head.user_classes = vec!["User".to_owned()];
    let all = result(&logs).verdict.reasons;
    let of_gap = all.iter().find(|one| one.label == "interval_missing");
    assert!(
        of_gap
            .unwrap()
            .message
            .ends_with("a worker keeps a local copy")
    );
    let mut logs = shards();
    logs.push(logs[3].clone());
    assert_eq!(reasons(&logs), only(Validity::Suspect, "interval_repeated"));
    assert_eq!(result(&logs).figures, result(&shards()).figures);
    // A log that was cut and its complete copy are complete together.
    let mut logs = shards();
    let complete = logs[0].clone();
    logs[0].intervals.truncate(3);
    logs[0].end = None;
    logs.push(complete);
    assert_eq!(result(&logs).figures, result(&shards()).figures);
}

#[test]
fn process_without_an_end_is_named_and_matters_as_much_as_is_missing() {
    for (intervals, severity) in [(9, Validity::Suspect), (3, Validity::Invalid)] {
        let mut logs = shards();
        logs[2].intervals.truncate(intervals);
        logs[2].end = None;
        assert_eq!(reasons(&logs)[0], (severity, "end_missing".to_owned()));
        assert!(message(&logs).starts_with("process h_3: its log ends after "));
    }
    // A master gives the users of a lost worker to others.
    let mut logs = shards();
    for log in &mut logs {
        log.head.shard = None;
        log.head.asked.model = LoadModel::Users {
            classes: vec![AskedUserClass::default()],
        };
    }
    logs[2].intervals.truncate(3);
    logs[2].end = None;
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Suspect, "end_missing".to_owned())
    );
}

/// All are cut: what they should have done is what was asked for, not what they did.
#[test]
fn processes_that_are_all_killed_lack_what_was_asked_for() {
    let killed = |change: fn(&mut ProcessLog)| {
        let mut logs = shards();
        for log in &mut logs {
            log.head.asked.duration_us = None;
            log.intervals.truncate(4);
            log.end = None;
            change(log);
        }
        let verdict = result(&logs).verdict;
        let mut reasons = verdict.reasons.into_iter();
        let reason = reasons.find(|one| one.label == "end_missing").unwrap();
        (reason.severity, reason.message)
    };
    let (severity, message) = killed(|log| {
        log.head.asked.duration_us = Some(20 * SECOND + MS);
        log.head.asked.warm_up_us = MS;
    });
    assert_eq!(severity, Validity::Invalid);
    assert!(
        message.contains("after 4.00 s of 20.0 s without an end"),
        "{message}"
    );
    assert!(
        message.contains("(80% of the time of all processes is missing)"),
        "{message}"
    );
    let (severity, message) = killed(|log| log.head.asked.requests = Some(16_000));
    assert_eq!(severity, Validity::Invalid);
    assert!(
        message.contains("(90% of the requests are missing)"),
        "{message}"
    );
    let (severity, message) = killed(|log| {
        log.head.asked.model = LoadModel::Users {
            classes: Vec::new(),
        };
    });
    assert_eq!(severity, Validity::Suspect);
    assert!(
        message.contains("after 4.00 s without an end: it was killed, or its log cut off; what"),
        "{message}"
    );
}

#[test]
fn different_experiments_are_invalid() {
    let changes: [fn(&mut ProcessLog); 4] = [
        |log| log.head.targets = vec!["GET http://127.0.0.1:9000/".to_owned()],
        |log| log.head.settings = vec![("timeout".to_owned(), "1s".to_owned())],
        |log| log.head.asked.duration_us = Some(SECOND),
        |log| log.head.run = Some("other".to_owned()),
    ];
    for change in changes {
        let mut logs = shards();
        change(&mut logs[3]);
        assert_eq!(
            reasons(&logs),
            only(Validity::Invalid, "experiments_differ")
        );
        assert!(
            message(&logs).contains("(processes h_1 and h_4)"),
            "{}",
            message(&logs)
        );
    }
}

#[test]
fn processes_that_start_apart_are_doubtful_unless_their_clocks_explain_it() {
    let mut logs = shards();
    for log in &mut logs {
        log.head.clock_offset_us = Some(0);
    }
    logs[1].head.started_unix_us += 4 * SECOND;
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Suspect, "starts_apart".to_owned())
    );
    assert_eq!(result(&logs).seconds.len(), 15);
    logs[1].head.clock_offset_us = Some(4_000_000);
    assert_eq!(reasons(&logs), only(Validity::Suspect, "clocks_apart"));
    assert_eq!(result(&logs).seconds, result(&shards()).seconds);
}

#[test]
fn shards_that_start_within_a_second_reach_their_rate() {
    let mut logs = shards();
    logs[1].head.started_unix_us += 9 * SECOND / 10;
    let result = result(&logs);
    let validity = result.verdict.validity;
    assert_eq!(validity, Validity::Valid, "{:?}", result.verdict);
    assert_eq!(result.figures.asked_per_s, Some(400.0));
    assert!(
        result.figures.requests_per_s > 396.0,
        "{:?}",
        result.figures
    );
}

/// Logs of decades apart: seconds between them would not fit into memory, nor into a report.
#[test]
fn processes_that_are_far_apart_take_as_much_as_their_intervals() {
    let mut logs = shards();
    for apart in [86_400, 1_700_000_000] {
        logs[1].head.started_unix_us = (1000 + apart) * SECOND;
        let merged = merged(&logs);
        let reason = &merged.result.verdict.reasons[0];
        assert_eq!(
            (reason.severity, &reason.label[..]),
            (Validity::Invalid, "starts_apart")
        );
        assert_eq!(merged.result.seconds.len(), 22);
        assert_eq!(merged.intervals().count(), 22);
        let html = flagpole_analysis::html::load_report(std::slice::from_ref(&merged.result));
        assert!(html.len() < 200_000, "{}", html.len());
        assert!(html.contains("there are no charts over time"));
    }
}

#[test]
fn clocks_of_different_machines_are_not_checked() {
    let mut logs = shards();
    logs[1].head.process = "other_2".to_owned();
    let unchecked = result(&logs).verdict.unchecked;
    assert_eq!(
        unchecked,
        ["clocks: how far those of 4 of 4 processes differ is not known"]
    );
}

#[test]
fn starved_process_is_named_and_a_slow_server_starves_no_process() {
    let mut logs = shards();
    for interval in &mut logs[2].intervals {
        interval.in_window.ended /= 2;
    }
    let labels = reasons(&logs);
    assert!(
        labels.contains(&(Validity::Suspect, "process_starved".to_owned())),
        "{labels:?}"
    );
    let slow = Simulation {
        places: 3,
        ..Simulation::default()
    };
    let labels = reasons(&processes_of(&slow, 400.0, 4));
    assert_eq!(
        labels[0],
        (Validity::Invalid, "server_slower_than_rate".to_owned())
    );
    assert!(
        labels.iter().all(|(_, label)| label != "process_starved"),
        "{labels:?}"
    );
}

#[test]
fn late_and_saturated_processes_are_doubts_about_the_whole() {
    let mut logs = shards();
    for log in &mut logs[1..3] {
        end(log).loops = vec![LoopUsage {
            elapsed_us: 10 * SECOND,
            cpu_us: 10 * SECOND,
            ..LoopUsage::default()
        }];
    }
    let result = result(&logs);
    let saturated =
        |one: &&flagpole_analysis::validity::ValidityIssue| one.label == "client_saturated";
    let reason = result.verdict.reasons.iter().find(saturated).unwrap();
    assert!(
        reason
            .message
            .starts_with("2 of 4 processes (h_2 and h_3), the first: "),
        "{}",
        reason.message
    );
    assert!(result.processes[0].reasons.is_empty());
    let late = Simulation {
        lateness: |i| if i % 4 == 1 { 30 * MS } else { 20 },
        ..Simulation::default()
    };
    let logs = processes_of(&late, 400.0, 4);
    assert_eq!(
        reasons(&logs)[0],
        (Validity::Invalid, "arrivals_late".to_owned())
    );
    assert!(
        message(&logs).starts_with("process h_2: "),
        "{}",
        message(&logs)
    );
}

#[test]
fn ledgers_of_servers_of_their_own_add_up_and_a_shared_one_counts_once() {
    let ledger = |requests| {
        Some(ServerSummary {
            requests,
            by_status: [(200, requests)].into(),
            ..ServerSummary::default()
        })
    };
    for (each, is_match) in [(1000, true), (4000, true), (999, false), (3999, false)] {
        let mut logs = shards();
        for log in &mut logs {
            end(log).server = ledger(each);
        }
        let expected = if is_match {
            Vec::new()
        } else {
            only(Validity::Invalid, "ledger_mismatch")
        };
        assert_eq!(reasons(&logs), expected, "{each}");
    }
    let mut logs = shards();
    end(&mut logs[0]).server = ledger(4000);
    assert_eq!(reasons(&logs), []);
    logs[3].end = None;
    let unchecked = result(&logs).verdict.unchecked.join("\n");
    assert!(
        unchecked.contains("requests in the ledger of the server"),
        "{unchecked}"
    );
}

#[test]
fn end_of_one_process_before_its_time_is_a_doubt_about_the_whole() {
    let mut logs = shards();
    end(&mut logs[1]).stop = StopReason::Interrupted;
    assert_eq!(reasons(&logs), only(Validity::Suspect, "interrupted"));
    assert!(message(&logs).starts_with("process h_2: the run was interrupted after "));
    assert_eq!(result(&logs).stop, StopReason::Interrupted);
}

#[test]
fn log_of_another_program_is_added_and_what_it_does_not_say_is_not_judged() {
    let mut logs = shards();
    for log in &mut logs {
        log.head.shard = None;
    }
    logs[0].head.is_foreign = true;
    logs[0].head.asked.model = LoadModel::Unknown;
    logs[0].head.targets.clear();
    logs[0].end = None;
    assert_eq!(reasons(&logs), only(Validity::Suspect, "client_unknown"));
    assert_eq!(result(&logs).figures.requests, 4000);
    assert_eq!(result(&logs).asked.model, LoadModel::Unknown);
    let unchecked = result(&logs[..1]).verdict.unchecked;
    assert!(unchecked.is_empty(), "{unchecked:?}");
}

#[test]
fn merge_of_merges_is_the_merge_of_all() {
    let logs = shards();
    let of_half = |half: &[ProcessLog], process: &str| {
        let half = merged(half);
        let mut log = ProcessLog {
            head: half.head.clone(),
            intervals: half.intervals().collect(),
            end: Some(half.end),
        };
        log.head.process = process.to_owned();
        log
    };
    let halves = [of_half(&logs[..2], "a"), of_half(&logs[2..], "b")];
    let (twice, once) = (result(&halves), result(&logs));
    assert_eq!(twice.figures, once.figures);
    assert_eq!(twice.seconds, once.seconds);
    assert_eq!(twice.processes, once.processes);
    assert_eq!(twice.verdict, once.verdict);
    assert_eq!(twice.asked, once.asked);
}

#[test]
fn ends_and_heads_that_contradict_each_other_are_refused() {
    use flagpole_analysis::load::process::{LoadMerger, MergeOptions};
    let log = log("h_1", &[], SECOND);
    let mut merger = LoadMerger::new();
    assert!(LoadMerger::new().finish(MergeOptions::default()).is_err());
    let process = merger.begin(log.head.clone()).unwrap();
    let mut other = log.head.clone();
    other.started_unix_us += 1;
    let error = merger.begin(other).unwrap_err().to_string();
    assert!(
        error.starts_with("process h_1 has two heads that differ in their start"),
        "{error}"
    );
    let of_run = |run: &str| {
        let mut head = log.head.clone();
        (head.process, head.run) = ("h_2".to_owned(), Some(run.to_owned()));
        head
    };
    merger.begin(of_run("monday")).unwrap();
    let error = merger.begin(of_run("tuesday")).unwrap_err().to_string();
    assert!(
        error.contains("two runs whose logs are here, monday and tuesday"),
        "{error}"
    );
    let mut end = log.end.unwrap();
    merger.end(process, end.clone()).unwrap();
    merger.end(process, end.clone()).unwrap();
    end.window = duration(1);
    assert!(merger.end(process, end).is_err());
}
