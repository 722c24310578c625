//! The search for the highest load, at simulated servers.

use crate::simulation::{MS, SECOND, Simulation, micros, poisson};
use flagpole_analysis::load::search::{
    LoadSearch, SearchEnd, SearchPhase, SearchPlan, SearchResult, SearchStep, SearchVariable,
};
use flagpole_analysis::load::{LoadResult, ObservedLoad};
use flagpole_analysis::validity::Validity;
use flagpole_protocol::Outcome;
use std::time::Duration;

fn plan(condition: &str) -> SearchPlan {
    SearchPlan {
        variable: SearchVariable::Rate,
        condition: condition.parse().unwrap(),
        start: 100.0,
        max: 1e6,
        resolution: 0.01,
        step: Duration::from_secs(10),
    }
}

fn search(plan: SearchPlan, mut measure: impl FnMut(SearchStep) -> ObservedLoad) -> SearchResult {
    let mut search = LoadSearch::new(plan);
    while let Some(step) = search.next() {
        search.record(&LoadResult::from(&measure(step)));
    }
    search.result()
}

/// 8 places of 20 ms each: 400/s.
fn server() -> Simulation {
    Simulation {
        places: 8,
        work: |_, _| 20 * MS,
        ..Simulation::default()
    }
}

fn at_rate(server: &Simulation, step: SearchStep) -> ObservedLoad {
    let run = Simulation {
        window: micros(step.duration),
        ..server.clone()
    };
    run.at_rate(step.load)
}

#[test]
fn limit_of_a_server_with_8_places_of_20_ms_is_400_per_second() {
    let server = server();
    let result = search(plan("p99 < 100ms and errors < 0.1%"), |step| {
        at_rate(&server, step)
    });
    assert_eq!(result.end, SearchEnd::Confirmed);
    let limit = result.limit.unwrap();
    assert!((388.0..=404.0).contains(&limit), "{limit}");
    let last = result.curve.last().unwrap();
    assert_eq!(
        (last.asked, last.phase, last.window_us),
        (limit, SearchPhase::Confirmation, 30 * SECOND)
    );
    assert!(result.curve.len() <= 20, "{}", result.curve.len());
    assert!(result.fails_at.unwrap() > limit);
}

#[test]
fn disturbance_of_the_first_step_does_not_decide() {
    let (usual, mut is_first) = (server(), true);
    let result = search(plan("p99 < 100ms"), |step| {
        let disturbed = Simulation {
            work: |_, _| 200 * MS,
            ..server()
        };
        at_rate(
            if std::mem::take(&mut is_first) {
                &disturbed
            } else {
                &usual
            },
            step,
        )
    });
    let limit = result.limit.unwrap();
    assert!((388.0..=404.0).contains(&limit), "{limit}");
}

/// Another program makes requests late at two loads, also when they are repeated.
#[test]
fn client_that_was_busy_for_a_while_does_not_decide() {
    let mut steps = 0;
    let result = search(plan("p99 < 100ms"), |step| {
        steps += 1;
        let is_busy = (2..=5).contains(&steps);
        let lateness: fn(u64) -> u64 = if is_busy { |_| 300 * MS } else { |_| 20 };
        let run = Simulation {
            lateness,
            ..server()
        };
        at_rate(&run, step)
    });
    let limit = result.limit.unwrap();
    assert!((388.0..=404.0).contains(&limit), "{limit}");
    assert_eq!(
        (result.end, result.client_limit),
        (SearchEnd::Confirmed, None)
    );
}

#[test]
fn limit_of_the_server_below_that_of_the_client_is_the_limit() {
    let result = search(plan("p99 < 100ms"), |step| {
        let mut observed = at_rate(&server(), step);
        if step.load > 700.0 {
            observed.lost.run_queue_us = Some(micros(observed.elapsed));
            observed.lost.other_cpu_us = Some(micros(observed.elapsed));
        }
        observed
    });
    let limit = result.limit.unwrap();
    assert!((388.0..=404.0).contains(&limit), "{limit}");
    assert_eq!(result.client_limit, None);
    let judged = result.curve.iter().find(|point| point.asked > 700.0);
    assert!(judged.unwrap().message.starts_with("the client"));
}

#[test]
fn random_arrivals_have_a_lower_limit() {
    let server = server();
    let result = search(plan("p99 < 50ms"), |step| {
        let run = Simulation {
            window: micros(step.duration),
            ..server.clone()
        };
        run.open(step.load, &poisson(step.load, run.window, 7))
    });
    assert_eq!(result.end, SearchEnd::Confirmed);
    let limit = result.limit.unwrap();
    assert!((300.0..390.0).contains(&limit), "{limit}");
}

/// The condition alone would hold: a slow server has no errors.
#[test]
fn rate_that_is_not_reached_does_not_meet_the_condition() {
    let server = server();
    let result = search(plan("errors < 0.1%"), |step| at_rate(&server, step));
    let limit = result.limit.unwrap();
    assert!((388.0..=412.0).contains(&limit), "{limit}");
    let failed = result
        .curve
        .iter()
        .find(|point| point.asked > 700.0)
        .unwrap();
    assert!(
        failed.message.starts_with("asked for 800/s, reached "),
        "{}",
        failed.message
    );
}

#[test]
fn start_above_the_limit_is_halved() {
    let server = server();
    let plan = SearchPlan {
        start: 3000.0,
        ..plan("p99 < 100ms")
    };
    let limit = search(plan, |step| at_rate(&server, step)).limit.unwrap();
    assert!((388.0..=404.0).contains(&limit), "{limit}");
}

#[test]
fn steps_are_long_enough_for_the_percentile() {
    let server = server();
    let mut first = None;
    let result = search(
        SearchPlan {
            start: 10.0,
            max: 10.0,
            ..plan("p99 < 100ms")
        },
        |step| {
            first.get_or_insert(step);
            at_rate(&server, step)
        },
    );
    assert_eq!(first.unwrap().duration, Duration::from_millis(44_850));
    assert_eq!((result.end, result.limit), (SearchEnd::Maximum, Some(10.0)));
}

#[test]
fn condition_that_no_load_meets_has_no_limit() {
    let server = server();
    let result = search(plan("p99 < 5ms"), |step| at_rate(&server, step));
    assert_eq!((result.end, result.limit), (SearchEnd::NoneMeets, None));
    assert!(result.curve.last().unwrap().asked <= 1.0);
    let failing = Simulation {
        outcome: |_| Outcome::Http(500),
        ..server
    };
    let result = search(plan("p99 < 5s"), |step| at_rate(&failing, step));
    assert_eq!(result.end, SearchEnd::NoneMeets);
}

/// The client starts requests late from 1,000/s on, at a server without a limit.
#[test]
fn limit_of_the_client_is_not_that_of_the_server() {
    let result = search(plan("p99 < 100ms"), |step| {
        let lateness: fn(u64) -> u64 = if step.load > 1000.0 {
            |_| 130 * MS
        } else {
            |_| 20
        };
        at_rate(
            &Simulation {
                lateness,
                ..Simulation::default()
            },
            step,
        )
    });
    let limit = result.limit.unwrap();
    assert!((985.0..=1000.0).contains(&limit), "{limit}");
    assert!(result.fails_at.is_none());
    let reason = result.client_limit.unwrap();
    assert!(
        reason.starts_with("the client started requests late"),
        "{reason}"
    );
}

/// Other programs run all the time, and make a tenth of the requests late by more than the server takes, but not by 80 ms.
#[test]
fn condition_that_holds_at_a_busy_client_is_met() {
    let server = Simulation {
        lateness: |i| if i % 10 == 0 { 40 * MS } else { 20 },
        ..server()
    };
    let result = search(plan("p99 < 100ms"), |step| {
        let mut observed = at_rate(&server, step);
        observed.lost.run_queue_us = Some(micros(observed.elapsed));
        observed.lost.other_cpu_us = Some(micros(observed.elapsed));
        observed
    });
    assert_eq!(result.end, SearchEnd::Confirmed);
    assert_eq!(result.curve[0].validity, Validity::Invalid);
    let limit = result.limit.unwrap();
    assert!((380.0..=404.0).contains(&limit), "{limit}");
}

#[test]
fn search_gives_up_if_the_client_is_the_limit_at_every_load() {
    let result = search(plan("p99 < 100ms"), |step| {
        at_rate(
            &Simulation {
                lateness: |_| 130 * MS,
                ..Simulation::default()
            },
            step,
        )
    });
    let loads = result.curve.iter().map(|point| point.asked);
    assert_eq!(loads.min_by(f64::total_cmp), Some(3.125));
    let SearchEnd::Stopped { message } = result.end else {
        panic!("{:?}", result.end);
    };
    assert!(
        message.starts_with("the client was the limit at 6 loads down to 3.12/s: "),
        "{message}"
    );
}

#[test]
fn server_that_is_gone_ends_the_search() {
    let server = server();
    let result = search(plan("p99 < 100ms"), |step| {
        let dead_from = (step.load > 300.0).then_some(SECOND);
        at_rate(
            &Simulation {
                dead_from,
                ..server.clone()
            },
            step,
        )
    });
    let SearchEnd::Stopped { message } = result.end else {
        panic!("{:?}", result.end)
    };
    assert!(
        message.starts_with("the server did not answer any more from 998 ms on"),
        "{message}"
    );
    assert_eq!(result.limit, Some(200.0));
}

/// Longer runs fail where short ones do not: the server becomes slow after 15 s above 250/s.
#[test]
fn confirmation_at_a_lower_load_follows_a_failed_one() {
    let result = search(plan("p99 < 100ms"), |step| {
        let work: fn(u64, u64) -> u64 = if step.load > 390.0 {
            |_, at| if at > 15 * SECOND { 25 * MS } else { 20 * MS }
        } else {
            |_, _| 20 * MS
        };
        at_rate(&Simulation { work, ..server() }, step)
    });
    let limit = result.limit.unwrap();
    assert!((360.0..=390.0).contains(&limit), "{limit}");
    let confirmations = result
        .curve
        .iter()
        .filter(|point| point.phase == SearchPhase::Confirmation);
    assert!(confirmations.count() > 1);
}

#[test]
fn concurrency_is_a_whole_number_of_connections() {
    let server = server();
    let plan = SearchPlan {
        variable: SearchVariable::Concurrency,
        start: 1.0,
        max: 10_000.0,
        ..plan("p99 < 50ms")
    };
    let result = search(plan, |step| {
        let run = Simulation {
            window: micros(step.duration),
            ..server.clone()
        };
        run.closed(step.load as u64)
    });
    // Two connections a place wait for 40 ms; of 17, one place has three.
    assert_eq!(
        (result.end, result.limit),
        (SearchEnd::Confirmed, Some(16.0))
    );
}
