//! Runs with a known bottleneck.

use super::*;
use crate::bound::ServerLimits;
use crate::test_runs::{ScenarioResponse, run_of, run_of_delays};
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::time::Duration;

mod external_servers;
mod faults;
mod overhead;
mod server_limits;

const MS: Duration = Duration::from_millis(1);

/// A run whose wall time is its lower bound, with hardly any client CPU time.
fn run(records: &[AttemptRecord], concurrency: usize) -> ObservedRun<'_> {
    let terms = BoundTerms::for_attempts(records, concurrency, None, ServerLimits::default());
    ObservedRun {
        records,
        concurrency,
        wall: terms.map_or(Duration::ZERO, |terms| terms.total()),
        timeout: None,
        limits: ServerLimits::default(),
        is_external: false,
        cpu: Some(MS),
        cores: 1,
        threads: 1,
        asked_concurrency: None,
        unasked: None,
    }
}

#[track_caller]
fn assert_line(run: &ObservedRun<'_>, expected: &str) {
    assert_eq!(Bottleneck::for_run(run).to_string(), expected);
}

fn with_limit(concurrency: usize) -> ServerLimits {
    ServerLimits {
        concurrency: Some(concurrency),
        ..ServerLimits::default()
    }
}

#[test]
fn single_connection_waits_for_every_delay() {
    let records = run_of_delays(&[50; 20]);
    assert_line(
        &run(&records, 1),
        "limited by latency: lower bound 1.00 s at 1, longest download 50.0 ms; download concurrently (the lower bound falls until 20)",
    );
}

#[test]
fn fully_parallel_run_is_limited_by_the_longest_delay() {
    let records = run_of_delays(&[50; 20]);
    assert_line(
        &run(&records, 20),
        "limited by latency: longest download 50.0 ms, median 50.0 ms; shorten the delays (the lower bound is the longest download)",
    );
}

#[test]
fn fewer_connections_than_requests_limit_the_run() {
    let records = run_of_delays(&[104; 96]);
    assert_line(
        &run(&records, 32),
        "limited by concurrency: lower bound 312 ms at 32, longest download 104 ms; raise the concurrency (the lower bound falls until 96)",
    );
}

/// A program whose threads start one after the other.
#[test]
fn program_that_does_not_reach_the_concurrency_is_not_asked_to_raise_it() {
    let records = run_of_delays(&[100; 20]);
    let run = ObservedRun {
        asked_concurrency: Some(20),
        ..run(&records, 5)
    };
    assert_line(
        &run,
        "limited by concurrency: lower bound 400 ms, at most 5 requests at once, although 20 were asked for; find out why \
         the program does not send more requests at once: its pool may be smaller, or its threads may start late",
    );
}

#[test]
fn program_that_requests_each_file_twice_is_limited_by_that() {
    let records = run_of_delays(&[100; 20]);
    let bound = run(&records, 4);
    let twice = ObservedRun {
        wall: 2 * bound.wall,
        unasked: Some(UnaskedRequests {
            count: 20,
            time: Duration::from_secs(2),
        }),
        ..bound
    };
    assert_line(
        &twice,
        "limited by requests that were not asked for: 20 of 40, lower bound 500 ms without them; request each file once",
    );
    assert_eq!(
        Bottleneck::for_run(&bound).kind,
        BottleneckKind::Concurrency
    );
}

#[test]
fn one_slow_download_is_a_straggler() {
    let records = run_of_delays(&[10, 10, 10, 10, 10, 10, 10, 10, 10, 1000]);
    assert_line(
        &run(&records, 5),
        "limited by straggler: longest download 1.00 s, median 10.0 ms; hedge, or time out and retry",
    );
}

#[test]
fn straggler_takes_more_than_twice_the_median() {
    let kind = |slowest| Bottleneck::for_run(&run(&run_of_delays(&[10, 10, slowest]), 3)).kind;
    assert_eq!(
        [20, 21].map(kind),
        [BottleneckKind::Latency, BottleneckKind::Straggler]
    );
}

#[test]
fn bound_below_half_of_the_wall_time_is_no_bottleneck() {
    let records = run_of_delays(&[50; 20]);
    let kind = |wall| {
        Bottleneck::for_run(&ObservedRun {
            wall: wall * MS,
            ..run(&records, 1)
        })
        .kind
    };
    assert_eq!(
        [2000, 2001].map(kind),
        [BottleneckKind::Latency, BottleneckKind::Overhead]
    );
}

#[test]
fn server_concurrency_limit_below_the_concurrency() {
    let records = run_of_delays(&[50; 40]);
    let limits = with_limit(4);
    let wall = 500 * MS;
    let queued = ObservedRun {
        wall,
        limits,
        ..run(&records, 20)
    };
    assert_line(
        &queued,
        "limited by server concurrency limit: lower bound 500 ms at the limit of 4; raise the server's concurrency limit",
    );
}

#[test]
fn concurrency_limit_is_reported_only_if_it_binds() {
    let records = run_of_delays(&[50; 40]);
    let run = run(&records, 20);
    let bound_by = |limit| {
        Bottleneck::for_run(&ObservedRun {
            limits: with_limit(limit),
            ..run
        })
        .kind
    };
    // With a limit of 39, 40 requests take two delays, as at concurrency 20.
    let expected = [
        BottleneckKind::ServerConcurrencyLimit,
        BottleneckKind::ServerConcurrencyLimit,
        BottleneckKind::ServerConcurrencyLimit,
        BottleneckKind::Concurrency,
    ];
    assert_eq!([19, 20, 39, 40].map(bound_by), expected);
    let (limits, concurrency) = (with_limit(40), 40);
    let enough = ObservedRun {
        concurrency,
        limits,
        ..run
    };
    assert_eq!(Bottleneck::for_run(&enough).kind, BottleneckKind::Latency);
}

#[test]
fn wait_for_a_permit_is_not_server_lateness() {
    let kind_with = |response: ScenarioResponse, limits| {
        let records = run_of(&[response; 40]);
        let run = ObservedRun {
            wall: 1000 * MS,
            limits,
            ..run(&records, 20)
        };
        Bottleneck::for_run(&run).to_string()
    };
    let queued = ScenarioResponse {
        queued: 450,
        ..ScenarioResponse::after(50)
    };
    assert_eq!(
        kind_with(queued, with_limit(19)),
        "limited by server concurrency limit: lower bound 150 ms at the limit of 19; raise the server's concurrency limit",
    );
    let late = ScenarioResponse {
        lateness: 450,
        ..ScenarioResponse::after(50)
    };
    for limits in [with_limit(19), ServerLimits::default()] {
        let line = kind_with(late, limits);
        assert!(line.starts_with("limited by server lateness"), "{line}");
    }
}

#[test]
fn equal_concurrency_limits_of_client_and_server_must_both_rise() {
    let records = run_of_delays(&[30; 30]);
    let limits = with_limit(4);
    let both = "raise both the server's concurrency limit and the client's concurrency";
    let remedy = |concurrency| {
        let run = ObservedRun {
            limits,
            ..run(&records, concurrency)
        };
        Bottleneck::for_run(&run).remedy
    };
    assert_eq!(remedy(4), both);
    assert_eq!(remedy(5), "raise the server's concurrency limit");
}

#[test]
fn slow_bodies_limit_by_bandwidth() {
    let trickled = ScenarioResponse {
        pacing: 900,
        ..ScenarioResponse::after(100)
    };
    let records = run_of(&[trickled; 8]);
    assert_line(
        &run(&records, 2),
        "limited by bandwidth: slow bodies are 3.60 s of the lower bound of 4.00 s; raise the concurrency (the lower bound falls until 8)",
    );
    assert_line(
        &run(&records, 8),
        "limited by bandwidth: slow bodies are 900 ms of the lower bound of 1.00 s; send bodies faster",
    );
}

#[test]
fn backoff_longer_than_the_delays_limits_by_retries() {
    let retried = ScenarioResponse {
        retry_after: Some(400),
        ..ScenarioResponse::after(50)
    };
    let records = run_of(&[
        retried,
        ScenarioResponse::after(50),
        ScenarioResponse::after(50),
    ]);
    assert_line(
        &run(&records, 3),
        "limited by retries: failures and backoff are 450 ms of the longest download of 500 ms; reduce failures or shorten the backoff",
    );
}

/// Neither a hedge nor a timeout would shorten the longest download.
#[test]
fn longest_download_of_retries_is_no_straggler() {
    let retried = ScenarioResponse {
        retry_after: Some(140),
        ..ScenarioResponse::after(30)
    };
    let mut responses = [ScenarioResponse::after(30); 30];
    responses[7] = retried;
    let records = run_of(&responses);
    assert_line(
        &run(&records, 7),
        "limited by retries: failures and backoff are 170 ms of the longest download of 200 ms; reduce failures or shorten the backoff",
    );
}

/// The bound is that of the best order.
#[test]
fn higher_concurrency_may_help_where_the_bound_does_not_fall() {
    let mut delays = [30; 30];
    delays[29] = 60;
    let records = run_of_delays(&delays);
    let remedy = |concurrency| Bottleneck::for_run(&run(&records, concurrency)).remedy;
    assert_eq!(
        remedy(8),
        "raise the concurrency (the lower bound falls until 16)"
    );
    let shorten = "shorten the delays (the lower bound is the longest download)";
    assert_eq!(
        remedy(16),
        format!("{shorten}, or try a higher concurrency")
    );
    assert_eq!(remedy(30), shorten);
}

#[test]
fn missing_bound_is_explained() {
    let evidence = |change: fn(&mut AttemptRecord), wall| {
        let mut records = run_of_delays(&[20; 4]);
        change(&mut records[0]);
        let run = ObservedRun {
            wall: wall * MS,
            ..run(&records, 4)
        };
        Bottleneck::for_run(&run).evidence
    };
    let hedged = evidence(|record| record.kind = AttemptKind::Hedge, 50);
    assert!(
        hedged.starts_with("no lower bound of a hedged run"),
        "{hedged}"
    );
    let headless = evidence(|record| (record.status, record.timing) = (None, None), 50);
    let expected = "planned delay of 1 attempt without a head unknown";
    assert!(headless.starts_with(expected), "{headless}");
    let mut clean = run_of_delays(&[0; 4]);
    clean[0].status = Some(200);
    let at_once = Bottleneck::for_run(&ObservedRun {
        wall: 9 * MS,
        ..run(&clean, 4)
    });
    assert_eq!(at_once.kind, BottleneckKind::Overhead);
}

#[test]
fn saturated_client_is_limited_by_its_cpu() {
    let records = run_of_delays(&[1; 100]);
    let busy = ObservedRun {
        wall: 100 * MS,
        cpu: Some(192 * MS),
        cores: 2,
        ..run(&records, 50)
    };
    assert_line(
        &busy,
        "limited by client CPU: lower bound 2.00 ms, CPU time per core 96.0 ms of 100 ms; use more cores or a strategy that needs less CPU",
    );
    let unused = ObservedRun { cores: 8, ..busy };
    assert_line(
        &unused,
        "limited by overhead: lower bound 2.00 ms, CPU time per core 24.0 ms of 100 ms; run on an idle machine, on more cores or with longer delays",
    );
}

#[test]
fn late_responses_are_server_lateness() {
    let late = ScenarioResponse {
        lateness: 20,
        ..ScenarioResponse::after(5)
    };
    let records = run_of(&[late; 40]);
    let run = ObservedRun {
        wall: 1010 * MS,
        ..run(&records, 1)
    };
    assert_line(
        &run,
        "limited by server lateness: lower bound 200 ms as planned, 1.00 s as served; give the server more CPU",
    );
    let concurrent = Bottleneck::for_run(&ObservedRun {
        wall: 505 * MS,
        concurrency: 2,
        ..run
    });
    let remedy = "give the server more CPU or send fewer concurrent requests";
    assert_eq!(concurrent.remedy, remedy);
}

#[test]
fn without_server_timing_only_client_cpu_is_known() {
    let mut records = run_of_delays(&[0; 40]);
    for record in &mut records {
        record.timing = None;
    }
    let silent = ObservedRun {
        wall: 10 * MS,
        cpu: None,
        ..run(&records, 4)
    };
    assert_line(
        &silent,
        "bottleneck unknown: the server does not report its delays, CPU time unknown, wall time 10.0 ms; use flagpole's own server (no --url)",
    );
    assert_eq!(Bottleneck::for_run(&silent).terms, None);
    let busy = ObservedRun {
        cpu: Some(9 * MS),
        ..silent
    };
    assert_line(
        &busy,
        "limited by client CPU: CPU time per core 9.00 ms of 10.0 ms; use more cores or a strategy that needs less CPU",
    );
}

#[test]
fn run_without_attempts_has_no_bound() {
    let binding = Bottleneck::for_run(&ObservedRun {
        cpu: None,
        ..run(&[], 1)
    });
    assert_eq!(binding.terms, None);
}

#[test]
fn serialises_kind_and_terms() {
    let records = run_of_delays(&[50; 2]);
    let json = serde_json::to_value(Bottleneck::for_run(&run(&records, 1))).unwrap();
    assert_eq!(json["kind"], "latency");
    assert_eq!(json["terms"]["even_split_us"], 100_000);
}
