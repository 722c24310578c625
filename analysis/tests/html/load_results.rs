//! Results of simulated load runs.

use crate::simulation::{MS, SECOND, Simulation, micros};
use flagpole_analysis::load::search::{LoadSearch, SearchPlan, SearchVariable};
use flagpole_analysis::load::{IterationStep, LoadIterations, LoadResult, LoadSecond};
use flagpole_analysis::validity::Validity;
use flagpole_protocol::Outcome;
use std::time::Duration;

/// An open run with failures, retries, a stop of the server and a judged condition.
pub(crate) fn failing() -> LoadResult {
    let simulation = Simulation {
        work: |i, _| 4 * MS + i * 7919 % 2000 * 10,
        stopped: Some((4 * SECOND, 5 * SECOND)),
        outcome: |i| match i % 50 {
            7 => Outcome::Http(503),
            9 => Outcome::ConnectionReset,
            _ => Outcome::Ok,
        },
        ..Simulation::default()
    };
    let mut observed = simulation.at_rate(400.0);
    observed.fail_if = vec!["p99 > 20ms".parse().unwrap()];
    observed.settings = vec![("timeout".to_owned(), "2s".to_owned())];
    LoadResult::from(&observed)
}

/// A closed run without failures.
pub(crate) fn closed() -> LoadResult {
    let simulation = Simulation {
        work: |i, _| 4 * MS + i * 7919 % 2000 * 10,
        ..Simulation::default()
    };
    LoadResult::from(&simulation.closed(20))
}

/// A run whose requests had not ended, or of which there were none.
pub(crate) fn without_ends(rate: f64) -> LoadResult {
    let simulation = Simulation {
        work: |_, _| 3600 * SECOND,
        window: SECOND,
        ..Simulation::default()
    };
    LoadResult::from(&simulation.at_rate(rate))
}

/// A run of one second.
pub(crate) fn short() -> LoadResult {
    let simulation = Simulation {
        window: SECOND,
        grace: 0,
        ..Simulation::default()
    };
    LoadResult::from(&simulation.closed(4))
}

/// The last run of a search.
pub(crate) fn searched() -> LoadResult {
    let mut search = LoadSearch::new(SearchPlan {
        variable: SearchVariable::Rate,
        condition: "p99 < 100ms and errors < 0.1%".parse().unwrap(),
        start: 100.0,
        max: 1e6,
        resolution: 0.05,
        step: Duration::from_secs(5),
    });
    let mut last = None;
    while let Some(step) = search.next() {
        let server = Simulation {
            places: 8,
            work: |_, _| 20 * MS,
            window: micros(step.duration),
            ..Simulation::default()
        };
        let result = LoadResult::from(&server.at_rate(step.load));
        search.record(&result);
        last = Some(result);
    }
    let mut result = last.unwrap();
    result.search = Some(search.result());
    result
}

/// The same result with the iterations of a scenario.
pub(crate) fn with_iterations(mut result: LoadResult) -> LoadResult {
    result.iterations = Some(LoadIterations {
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
    result
}

pub(crate) fn judged(mut result: LoadResult, validity: Validity) -> LoadResult {
    result.verdict.validity = validity;
    result.verdict.reasons.truncate(1);
    for reason in &mut result.verdict.reasons {
        reason.severity = validity;
    }
    result
}

/// A run of a day, with failures of many kinds in every second.
pub(crate) fn day() -> LoadResult {
    let mut result = failing();
    let kinds = (500..530).map(|status| (format!("http_{status}"), 3));
    let failed: std::collections::BTreeMap<String, u64> = kinds.collect();
    let second = |index: u64| LoadSecond {
        start_us: index * SECOND,
        length_us: SECOND,
        due: Some(1_234_567),
        ended: 1_234_567,
        succeeded: 1_234_477,
        failed: failed.clone(),
        in_flight: 100 + index % 977,
        queued: index % 13,
        p50_us: Some(900 + index % 17),
        p90_us: Some(1900 + index % 19),
        p99_us: Some(9_900 + 7 * index % 1009),
        max_us: Some(1_000_000 + index),
        ..LoadSecond::default()
    };
    result.seconds = (0..86_400).map(second).collect();
    result.figures.outcomes = (500..530)
        .map(|status| {
            let mut outcome = result.figures.outcomes[1].clone();
            outcome.outcome = format!("http_{status}");
            outcome
        })
        .collect();
    result.loops = vec![result.loops[0]; 64];
    result.figures.window_us = 86_400 * SECOND;
    result
}
