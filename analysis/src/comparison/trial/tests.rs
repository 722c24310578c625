//! During which trials the machine stalled.

use super::*;
use crate::test_runs::{record, trial};
use flagpole_protocol::Outcome;

/// A trial of 100 ms with one response after 50 ms.
fn clean() -> Trial {
    let mut trial = trial("async", 1, 100, 50);
    trial.measured.records = vec![record(60, Outcome::Ok, Some(50))];
    trial.server = Some(ServerSummary {
        delayed: 1,
        lateness_p99_us: 2500.0,
        ..ServerSummary::default()
    });
    trial.lost.run_queue_us = Some(2500);
    trial.lost.thread_time_us = Some(100_000);
    (trial.lost.own_cpu_us, trial.lost.steal_us) = (Some(0), Some(0));
    (trial.lost.other_cpu_us, trial.lost.capacity_us) = (Some(1000), Some(1000));
    trial
}

fn reason(change: impl FnOnce(&mut Trial)) -> Option<String> {
    let mut trial = clean();
    change(&mut trial);
    trial
        .stall()
        .map(|reason| format!("{}: {reason}", reason.label()))
}

#[test]
fn lateness_and_lost_processor_time_are_stalls() {
    assert_eq!(reason(|_| {}), None);
    let late = reason(|trial| trial.server.as_mut().unwrap().lateness_p99_us = 2501.0);
    assert_eq!(
        late.as_deref(),
        Some("server_late: the server was late: p99 lateness 2.50 ms (limit 2.50 ms)")
    );
    let lost = reason(|trial| trial.lost.run_queue_us = Some(2600));
    assert_eq!(
        lost.as_deref(),
        Some("processor_lost: 2.60 ms of 100 ms were lost without a processor")
    );
}

#[test]
fn slow_trial_with_an_error_is_not_stalled() {
    let slow = reason(|trial| {
        trial.measured.wall *= 10;
        trial.lost.thread_time_us = Some(1_000_000);
        trial.measured.stats.error = 1;
    });
    assert_eq!(slow, None);
}

#[test]
fn lateness_that_an_external_server_reports_is_a_stall() {
    let external = reason(|trial| {
        trial.server = None;
        let timing = trial.measured.records[0].timing.as_mut().unwrap();
        timing.actual = timing.planned * 2;
    });
    assert!(external.unwrap().starts_with("server_late: "));
}

#[test]
fn usual_waits_are_those_of_the_trial_with_the_fewest() {
    let mut trials = [clean(), clean(), clean()];
    trials[1].lost.run_queue_us = Some(1000);
    trials[1].lost.server_run_queue_us = Some(5000);
    trials[2].lost.thread_time_us = Some(400_000);
    trials[2].measured.wall *= 2;
    set_usual_waits(trials.iter_mut());
    let usual = |trial: &Trial| {
        (
            trial.lost.usual_run_queue_us,
            trial.lost.usual_server_run_queue_us,
        )
    };
    assert_eq!(usual(&trials[0]), (Some(625), Some(5000)));
    trials[2].lost.run_queue_us = Some(8000);
    set_usual_waits(trials.iter_mut());
    assert_eq!(usual(&trials[2]), (Some(4000), Some(10_000)));
}
