//! Simulated runs, each with the verdict and the reasons that are right.

use crate::simulation::{MS, SECOND, Simulation, duration, poisson};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_analysis::load::{
    IterationStep, LoadIterations, LoadModel, LoadResult, ObservedLoad, StopReason,
};
use flagpole_analysis::validity::Validity;
use flagpole_protocol::Outcome;

/// The verdict and the labels of its reasons: `INVALID server_gone`.
fn verdict(observed: &ObservedLoad) -> String {
    let verdict = LoadResult::from(observed).verdict;
    let labels = verdict.reasons.iter().map(|reason| reason.label.clone());
    let labels: Vec<_> = std::iter::once(verdict.validity.to_string())
        .chain(labels)
        .collect();
    labels.join(" ")
}

fn message(observed: &ObservedLoad) -> String {
    LoadResult::from(observed).verdict.reasons[0]
        .message
        .clone()
}

fn run() -> Simulation {
    Simulation::default()
}

#[test]
fn usual_runs_are_valid() {
    assert_eq!(verdict(&run().closed(50)), "VALID");
    assert_eq!(verdict(&run().at_rate(1000.0)), "VALID");
    let random = run().open(500.0, &poisson(500.0, 10 * SECOND, 7));
    assert_eq!(verdict(&random), "VALID");
    let short = Simulation {
        window: SECOND,
        ..run()
    };
    assert_eq!(verdict(&short.at_rate(200.0)), "VALID");
    assert_eq!(verdict(&short.closed(1)), "VALID");
}

/// Client and server on two processors: the loops wait for a processor for half of the time, and nothing is idle.
#[test]
fn saturated_closed_run_against_a_server_on_the_same_machine_is_valid() {
    let mut observed = run().closed(50);
    let micros = observed.loops[0].elapsed_us;
    for one in &mut observed.loops {
        (one.cpu_us, one.run_queue_us) = (micros / 2, Some(micros / 2));
    }
    observed.lost.run_queue_us = Some(micros);
    (observed.lost.own_cpu_us, observed.lost.other_cpu_us) = (Some(micros), Some(micros));
    observed.is_server_local = true;
    assert_eq!(verdict(&observed), "VALID");
    let result = LoadResult::from(&observed);
    assert!(result.verdict.unchecked[0].contains("the CPU time of the server"));
    // The server is known: then what others used is not its own.
    observed.server_cpu = Some(duration(micros));
    assert_eq!(verdict(&observed), "INVALID processor_lost");
    (observed.lost.own_cpu_us, observed.lost.other_cpu_us) = (Some(2 * micros), Some(0));
    assert_eq!(verdict(&observed), "VALID");
    // On another machine it does not compete for processors: the client is the limit.
    observed.is_server_local = false;
    assert_eq!(verdict(&observed), "SUSPECT client_saturated");
}

#[test]
fn server_with_slow_responses_is_not_silent() {
    let slow = Simulation {
        work: |_, _| 3 * SECOND,
        window: 30 * SECOND,
        grace: 5 * SECOND,
        ..run()
    };
    assert_eq!(verdict(&slow.closed(50)), "VALID");
    assert_eq!(verdict(&slow.at_rate(20.0)), "VALID");
    // A tenth of the responses take 3 s, at few connections.
    let mixed = Simulation {
        work: |i, _| if i % 10 == 3 { 3 * SECOND } else { 10 * MS },
        window: 30 * SECOND,
        grace: 5 * SECOND,
        ..run()
    };
    assert_eq!(verdict(&mixed.closed(4)), "VALID");
}

/// A request per second, which takes 40 ms: in flight when a second is looked at, shortly after its end.
#[test]
fn server_without_requests_is_not_silent() {
    let rare = Simulation {
        work: |_, _| 40 * MS,
        ..run()
    };
    let mut observed = rare.at_rate(1.0);
    for second in &mut observed.seconds {
        second.in_flight = 1;
    }
    assert_eq!(verdict(&observed), "VALID");
}

#[test]
fn stop_of_the_server_is_named() {
    let stopped = Simulation {
        stopped: Some((4_100_000, 6_100_000)),
        ..run()
    };
    for observed in [stopped.at_rate(200.0), stopped.closed(50)] {
        assert_eq!(verdict(&observed), "SUSPECT server_stalled");
        let message = message(&observed);
        let says = "the server did not answer for 2.0";
        assert!(message.starts_with(says), "{message}");
    }
}

/// The server goes on after the last arrival, so it is not gone, and not slower than the rate.
#[test]
fn stop_at_the_end_of_the_run_is_one_of_the_server() {
    let stopped = Simulation {
        stopped: Some((8_500_000, 10_500_000)),
        ..run()
    };
    assert_eq!(verdict(&stopped.at_rate(200.0)), "SUSPECT server_stalled");
}

#[test]
fn stop_of_the_client_is_not_that_of_the_server() {
    let stopped = Simulation {
        stopped: Some((4_100_000, 6_100_000)),
        ..run()
    };
    let mut observed = stopped.closed(50);
    observed.lost.stopped_us = Some(2_000_000);
    assert_eq!(verdict(&observed), "SUSPECT processor_lost");
    assert!(message(&observed).contains("while its process was stopped"));
}

#[test]
fn server_that_ends_in_the_middle_is_named() {
    let dead = Simulation {
        dead_from: Some(4 * SECOND),
        ..run()
    };
    let observed = dead.at_rate(200.0);
    assert_eq!(verdict(&observed), "INVALID server_gone");
    let message = message(&observed);
    let says = "the server did not answer any more from 4.00 s on until the end of the run: 1,200 requests failed";
    assert!(message.starts_with(says), "{message}");
    let hung = Simulation {
        stopped: Some((4 * SECOND, 600 * SECOND)),
        ..run()
    };
    assert_eq!(verdict(&hung.at_rate(200.0)), "INVALID server_gone");
    let mut observed = dead.closed(50);
    observed.stop = StopReason::ServerGone {
        message: "connection refused".to_owned(),
    };
    assert_eq!(verdict(&observed), "INVALID server_gone");
}

#[test]
fn server_slower_than_the_rate_is_named() {
    // 8 places of 20 ms: 400/s.
    let slow = Simulation {
        places: 8,
        work: |_, _| 20 * MS,
        ..run()
    };
    assert_eq!(verdict(&slow.at_rate(396.0)), "VALID");
    let observed = slow.at_rate(600.0);
    assert_eq!(verdict(&observed), "INVALID server_slower_than_rate");
    let message = message(&observed);
    let says = "asked for 600/s, reached 399/s: the server is slower, and up to 2,008 requests waited at a time; ";
    assert!(message.starts_with(says), "{message}");
    assert_eq!(
        verdict(&slow.at_rate(410.0)),
        "SUSPECT server_slower_than_rate"
    );
    // A response time of 2 s is none, although the requests of the last 2 s end later.
    let latency = Simulation {
        work: |_, _| 2 * SECOND,
        grace: 3 * SECOND,
        ..run()
    };
    assert_eq!(verdict(&latency.at_rate(200.0)), "VALID");
}

/// Requests end a response time after they were due: in a ramp at a lower rate, and in a short run fewer of them.
#[test]
fn slow_responses_are_no_lower_rate() {
    let slow = Simulation {
        work: |_, _| SECOND,
        grace: 2 * SECOND,
        ..run()
    };
    // 0 to 200/s in 10 s: 10 t² arrivals until t.
    let ramp: Vec<u64> = (0..1000)
        .map(|i| (f64::from(i) / 10.0).sqrt() * 1e6)
        .map(|us| us as u64)
        .collect();
    assert_eq!(verdict(&slow.open(100.0, &ramp)), "VALID");
    let short = Simulation {
        window: 3 * SECOND,
        ..slow
    };
    assert_eq!(verdict(&short.at_rate(200.0)), "VALID");
}

/// 8 places of 20 ms at up to 95% of what they can do: the number of requests that wait varies widely.
#[test]
fn random_arrivals_below_the_limit_are_no_lower_rate() {
    let server = Simulation {
        places: 8,
        work: |_, _| 20 * MS,
        ..run()
    };
    for (rate, seed) in [200.0, 320.0, 360.0, 380.0]
        .into_iter()
        .flat_map(|rate| (1..=15).map(move |seed| (rate, seed)))
    {
        let observed = server.open(rate, &poisson(rate, server.window, seed));
        assert_eq!(verdict(&observed), "VALID", "{rate} {seed}");
    }
}

#[test]
fn late_client_is_named() {
    let late = Simulation {
        lateness: |i| if i % 20 == 0 { 4 * MS } else { 30 },
        ..run()
    };
    assert_eq!(verdict(&late.at_rate(500.0)), "SUSPECT arrivals_late");
    assert!(
        message(&late.at_rate(500.0))
            .starts_with("the client started requests late: p99 lateness 4.00 ms, 29%")
    );
    let starved = Simulation {
        lateness: |i| 30 * MS + i % 13,
        ..run()
    };
    assert_eq!(verdict(&starved.at_rate(500.0)), "INVALID arrivals_late");
    // 10 ms do not matter where a response takes a second.
    let slow = Simulation {
        work: |_, _| SECOND,
        ..late
    };
    assert_eq!(verdict(&slow.at_rate(100.0)), "VALID");
}

/// The client falls behind: request i starts later and later.
#[test]
fn client_slower_than_the_rate_is_named() {
    let starved = Simulation {
        lateness: |i| i * 1000,
        grace: 60 * SECOND,
        ..run()
    };
    let observed = starved.at_rate(1000.0);
    assert_eq!(
        verdict(&observed),
        "INVALID client_slower_than_rate arrivals_late"
    );
    let message = message(&observed);
    assert!(
        message.starts_with("asked for 1,000/s, reached 50"),
        "{message}"
    );
}

#[test]
fn open_run_on_a_busy_client_is_suspect() {
    let mut observed = run().at_rate(1000.0);
    for one in &mut observed.loops {
        one.cpu_us = one.elapsed_us * 95 / 100;
    }
    observed.is_server_local = true;
    assert_eq!(verdict(&observed), "SUSPECT client_saturated");
}

/// Requests wait in the client, in flight, until it has the time to send them and to note their ends.
#[test]
fn starved_client_is_named_and_not_the_server() {
    let slow = Simulation { places: 1, ..run() };
    let mut observed = slow.at_rate(200.0);
    for one in &mut observed.loops {
        one.run_queue_us = Some(one.elapsed_us * 3 / 4);
        one.in_flight_area_s *= 2.0;
    }
    assert_eq!(
        verdict(&observed),
        "INVALID client_slower_than_rate client_saturated"
    );
}

#[test]
fn records_that_do_not_account_for_the_time_in_flight_are_suspect() {
    for (factor, expected) in [
        (1.01, "VALID"),
        (1.03, "SUSPECT littles_law"),
        (0.97, "SUSPECT littles_law"),
        (1.2, "INVALID littles_law"),
    ] {
        let mut observed = run().closed(50);
        for one in &mut observed.loops {
            one.in_flight_area_s *= factor;
        }
        assert_eq!(verdict(&observed), expected, "{factor}");
    }
}

/// All connections take their slots at the start, and the client starts their requests one after the other.
#[test]
fn short_run_of_many_connections_has_their_start_in_its_time_in_flight() {
    let mut observed = run().closed(50);
    observed.stats.attempts = 50;
    for one in &mut observed.loops {
        (one.in_flight_area_s, one.max_in_flight) = (one.in_flight_area_s * 1.05, 25);
    }
    assert!(
        !verdict(&observed).contains("littles_law"),
        "{}",
        verdict(&observed)
    );
}

/// An attempt has its slot before the client starts it.
#[test]
fn lateness_explains_a_longer_time_in_flight() {
    let mut observed = Simulation {
        lateness: |_| 500,
        ..run()
    }
    .closed(50);
    for one in &mut observed.loops {
        one.in_flight_area_s *= 1.04;
    }
    assert_eq!(verdict(&observed), "VALID");
}

#[test]
fn drift_of_a_constant_load_is_suspect() {
    // The work grows by 4% a second.
    let work = |_, at: u64| 2 * MS + at * 80 / SECOND;
    let growing = Simulation {
        work,
        window: 20 * SECOND,
        ..run()
    };
    let mut observed = growing.closed(20);
    assert_eq!(verdict(&observed), "SUSPECT drift");
    assert!(message(&observed).starts_with("response times rose by "));
    let connections = 20;
    let stages = Some("10s:0..20,10s:20".to_owned());
    observed.asked.model = LoadModel::Closed {
        connections,
        think_us: 0,
        stages,
    };
    assert_eq!(verdict(&observed), "VALID");
}

#[test]
fn shortage_of_ports_is_named() {
    let mut observed = run().closed(50);
    observed.stats.out_of_ports = observed.stats.attempts / 200;
    assert_eq!(verdict(&observed), "SUSPECT ports_short");
    observed.stats.out_of_ports = observed.stats.attempts / 20;
    assert_eq!(verdict(&observed), "INVALID ports_short");
    assert!(message(&observed).contains("net.ipv4.ip_local_port_range"));
    let mut observed = run().closed(50);
    observed.stats.out_of_descriptors = 1;
    assert_eq!(verdict(&observed), "SUSPECT descriptors_short");
}

#[test]
fn ledger_must_have_the_attempts_of_the_warm_up_too() {
    let mut observed = run().closed(10);
    observed.warm_up = observed.stats.clone();
    for one in &mut observed.loops {
        one.in_flight_area_s *= 2.0;
    }
    let attempts = 2 * observed.stats.attempts;
    let mut server = ServerSummary {
        requests: attempts,
        ..ServerSummary::default()
    };
    server.by_status.insert(200, attempts);
    observed.server = Some(server);
    assert_eq!(verdict(&observed), "VALID");
    observed.server.as_mut().unwrap().requests += 1;
    assert_eq!(verdict(&observed), "INVALID ledger_mismatch");
    // An attempt that was cancelled may or may not have reached the server.
    observed.stats.without_status = 1;
    assert_eq!(verdict(&observed), "VALID");
}

#[test]
fn condition_on_an_unsupported_percentile_is_suspect() {
    let mut observed = run().at_rate(20.0);
    observed.fail_if = vec![
        "p99.9 > 80ms".parse().unwrap(),
        "p50 > 80ms".parse().unwrap(),
    ];
    assert_eq!(verdict(&observed), "SUSPECT sample_too_small");
    let message = message(&observed);
    let says = "not judged: p99.9 > 80ms: p99.9 unknown: it needs 2995 successful requests, and there are 200";
    assert!(message.starts_with(says), "{message}");
}

#[test]
fn many_unfinished_requests_are_suspect() {
    let slow = Simulation {
        work: |_, _| 4 * SECOND,
        grace: 0,
        ..run()
    };
    assert_eq!(verdict(&slow.closed(50)), "SUSPECT unfinished");
}

#[test]
fn run_without_a_success_is_invalid() {
    let failing = Simulation {
        outcome: |_| Outcome::Http(404),
        ..run()
    };
    let observed = failing.closed(10);
    assert_eq!(verdict(&observed), "INVALID all_failed");
    assert!(
        message(&observed).contains("404 Not Found"),
        "{}",
        message(&observed)
    );
    let dead = Simulation {
        dead_from: Some(0),
        ..run()
    };
    assert_eq!(verdict(&dead.closed(10)), "INVALID all_failed");
    let mut observed = dead.closed(10);
    let message = "every connection was refused".to_owned();
    observed.stop = StopReason::ServerGone { message };
    assert_eq!(verdict(&observed), "INVALID all_failed");
    let silent = Simulation {
        work: |_, _| 60 * SECOND,
        ..run()
    };
    assert_eq!(verdict(&silent.at_rate(10.0)), "INVALID nothing_measured");
    assert_eq!(
        verdict(&ObservedLoad::default()),
        "INVALID nothing_measured"
    );
}

#[test]
fn scenario_without_a_completed_iteration_is_invalid() {
    let mut observed = run().closed(10);
    let step = |name: &str, missing_values| IterationStep {
        name: name.to_owned(),
        missing_values,
        first_reason: Some("no field `x`".to_owned()),
        ..IterationStep::default()
    };
    let iterations = LoadIterations {
        failed: 1200,
        steps: vec![step("login", 100), step("order", 1100)],
        ..LoadIterations::default()
    };
    observed.iterations = Some(iterations.clone());
    assert_eq!(verdict(&observed), "INVALID no_iteration_completed");
    assert_eq!(
        message(&observed),
        "no iteration was completed, 1,200 failed, 1,100 of them at step `order`: no field `x`; correct the \
         scenario, or see why the server does not answer as expected"
    );
    observed.iterations = Some(LoadIterations {
        completed: 1,
        ..iterations
    });
    assert_eq!(verdict(&observed), "VALID");
}

#[test]
fn run_that_ended_early_is_suspect() {
    let mut observed = run().closed(10);
    observed.stop = StopReason::Interrupted;
    assert_eq!(verdict(&observed), "SUSPECT interrupted");
    observed.stop = StopReason::Aborted {
        message: "p99 > 80ms: p99 91.0 ms".to_owned(),
    };
    assert_eq!(verdict(&observed), "SUSPECT aborted");
    assert_eq!(
        LoadResult::from(&observed).verdict.validity,
        Validity::Suspect
    );
}
