//! What each report of a load run looks like, from simulated runs: `snapshots` has the reports.

use crate::merging::{merged, processes_of};
use crate::simulation::{MS, SECOND, Simulation, micros};
use flagpole_analysis::load::report;
use flagpole_analysis::load::search::{LoadSearch, SearchPlan, SearchVariable};
use flagpole_analysis::load::{IterationStep, LoadIterations, LoadResult, ObservedLoad, Shard};
use flagpole_analysis::report::ReportOptions;
use flagpole_analysis::validity::Validity;
use flagpole_protocol::Outcome;
use std::time::Duration;

fn written(format: &str, result: &LoadResult, is_verbose: bool) -> String {
    let style = |validity: Validity| validity.to_string();
    let options = ReportOptions {
        style: &style,
        is_verbose,
    };
    let report = report::ALL.iter().find(|one| one.name() == format).unwrap();
    let mut text = Vec::new();
    report.write(result, options, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn text(observed: &ObservedLoad) -> String {
    written("text", &LoadResult::from(observed), false)
}

/// Responses take 4 to 24 ms.
fn run() -> Simulation {
    Simulation {
        work: |i, _| 4 * MS + i * 7919 % 2000 * 10,
        ..Simulation::default()
    }
}

fn closed() -> ObservedLoad {
    let mut observed = run().closed(50);
    observed.settings = vec![("timeout".to_owned(), "2s".to_owned())];
    observed.stats.connections = 50;
    observed
}

fn failing() -> ObservedLoad {
    let outcome = |i| match i % 50 {
        7 => Outcome::Http(503),
        9 => Outcome::ConnectionReset,
        _ => Outcome::Ok,
    };
    let mut observed = Simulation { outcome, ..run() }.at_rate(400.0);
    observed
        .targets
        .push("GET http://127.0.0.1:8000/flags/de/de.gif".to_owned());
    (observed.stats.retries, observed.stats.connections) = (12, 40);
    observed.fail_if = vec![
        "p99 > 20ms".parse().unwrap(),
        "errors > 10%".parse().unwrap(),
    ];
    observed
}

fn searched() -> LoadResult {
    let mut search = LoadSearch::new(SearchPlan {
        variable: SearchVariable::Rate,
        condition: "p99 < 100ms and errors < 0.1%".parse().unwrap(),
        start: 100.0,
        max: 1e6,
        resolution: 0.05,
        step: Duration::from_secs(10),
    });
    let mut last = None;
    while let Some(step) = search.next() {
        let window = micros(step.duration);
        let server = Simulation {
            places: 8,
            work: |_, _| 20 * MS,
            window,
            ..run()
        };
        let result = LoadResult::from(&server.at_rate(step.load));
        search.record(&result);
        last = Some(result);
    }
    let mut result = last.unwrap();
    result.search = Some(search.result());
    result
}

#[test]
fn text_of_a_closed_run() {
    insta::assert_snapshot!(text(&closed()));
}

#[test]
fn first_lines_of_a_shard_say_its_part() {
    let first_lines = |mut observed: ObservedLoad| {
        observed.asked.shard = Some(Shard { index: 2, of: 4 });
        let text = text(&observed);
        text.split("\n\n").next().unwrap().to_owned()
    };
    let runs = [closed(), run().at_rate(400.0)].map(first_lines);
    insta::assert_snapshot!(runs.join("\n\n"));
}

#[test]
fn text_with_details() {
    insta::assert_snapshot!(written("text", &LoadResult::from(&closed()), true));
}

#[test]
fn text_of_an_open_run_with_failures_and_conditions() {
    insta::assert_snapshot!(text(&failing()));
}

#[test]
fn text_of_a_run_at_a_slower_server() {
    let slow = Simulation {
        places: 8,
        work: |_, _| 20 * MS,
        ..run()
    };
    insta::assert_snapshot!(text(&slow.at_rate(600.0)));
}

#[test]
fn text_of_a_run_with_a_stop_of_the_server() {
    let stopped = Simulation {
        stopped: Some((4 * SECOND, 6 * SECOND)),
        ..run()
    };
    insta::assert_snapshot!(text(&stopped.at_rate(200.0)));
}

#[test]
fn text_of_a_run_without_success() {
    let dead = Simulation {
        dead_from: Some(0),
        window: SECOND,
        ..run()
    };
    insta::assert_snapshot!(text(&dead.at_rate(100.0)));
}

/// Iterations arrive, so requests have no rate of their own.
#[test]
fn text_of_a_scenario() {
    let mut observed = run().at_rate(400.0);
    observed.scheduled = None;
    observed.iterations = Some(LoadIterations {
        completed: 1900,
        failed: 60,
        unfinished: 40,
        steps: vec![IterationStep {
            name: "login".to_owned(),
            failed_requests: 20,
            missing_values: 40,
            first_reason: Some("the response has no field `x-session`".to_owned()),
        }],
    });
    insta::assert_snapshot!(text(&observed));
}

#[test]
fn text_of_a_search() {
    insta::assert_snapshot!(written("text", &searched(), false));
}

#[test]
fn text_relative_to_a_baseline() {
    let mut observed = closed();
    let slower = Simulation {
        work: |i, _| 5 * MS + i * 7919 % 2000 * 11,
        ..run()
    };
    observed.baseline = Some(Box::new(LoadResult::from(&slower.closed(50))));
    observed.fail_if = vec!["p99/baseline < 0.95".parse().unwrap()];
    let text = text(&observed);
    assert!(
        text.contains("\nrelative to the baseline, one run each: rate 1."),
        "{text}"
    );
    assert!(
        text.contains("\ncondition holds: p99/baseline < 0.95: p99/baseline 0.89x"),
        "{text}"
    );
}

#[test]
fn text_is_at_most_80_columns_wide() {
    let texts = [closed(), failing()].map(|one| written("text", &LoadResult::from(&one), true));
    for text in texts
        .into_iter()
        .chain([written("text", &searched(), true)])
    {
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
}

#[test]
fn markdown() {
    insta::assert_snapshot!(written("markdown", &LoadResult::from(&failing()), false));
}

#[test]
fn csv() {
    insta::assert_snapshot!(written("csv", &LoadResult::from(&failing()), false));
    let text = written("csv", &searched(), false);
    assert!(text.contains("\nstep,"), "{text}");
}

#[test]
fn json_is_the_document() {
    let result = searched();
    let read: LoadResult = serde_json::from_str(&written("json", &result, false)).unwrap();
    assert_eq!(read, result);
}

/// Four shards, one of which was late and made less than the others.
fn merged_shards() -> LoadResult {
    let late = Simulation {
        lateness: |i| if i % 4 == 1 { 30 * MS } else { 20 },
        ..run()
    };
    let mut logs = processes_of(&late, 400.0, 4);
    logs[3].head.clock_offset_us = Some(-1_500);
    merged(&logs).result
}

#[test]
fn text_of_a_merge() {
    insta::assert_snapshot!(written("text", &merged_shards(), false));
}

#[test]
fn csv_and_markdown_of_a_merge_have_its_processes() {
    let csv = written("csv", &merged_shards(), false);
    let processes: Vec<_> = csv
        .lines()
        .filter(|line| line.starts_with("process,"))
        .collect();
    assert_eq!(processes.len(), 4);
    assert!(
        processes[1].ends_with(",arrivals_late,,h_2"),
        "{}",
        processes[1]
    );
    let markdown = written("markdown", &merged_shards(), false);
    assert!(markdown.contains("| h_4 | 4/4 | 1,000 |"), "{markdown}");
}

#[test]
fn of_many_processes_the_doubtful_and_the_slowest_are_shown_in_short() {
    let mut result = merged_shards();
    let many = (0..1000).map(|number| {
        let mut process = result.processes[0].clone();
        process.process = format!("h_{number:04}");
        process.requests_per_s = 100.0 + f64::from((number + 500) % 1000);
        process
    });
    result.processes = many.collect();
    let late = merged_shards().processes[1].reasons.clone();
    result.processes[300].reasons = late;
    let text = written("text", &result, false);
    let (_, table) = text.split_once("16 of 1,000 processes").unwrap();
    let names: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("h_"))
        .collect();
    assert_eq!(names.len(), 16);
    assert!(
        names[0].starts_with("h_0300") && names[1].starts_with("h_0500"),
        "{names:?}"
    );
    let verbose = written("text", &result, true);
    assert_eq!(
        verbose
            .lines()
            .filter(|line| line.starts_with("h_"))
            .count(),
        1000
    );
}
