//! Runs with a known bottleneck.

use super::*;
use crate::bound::server_limits::ServerLimits;
use crate::test_runs::{ScenarioResponse, run_of, run_of_delays};
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::time::Duration;

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
        cpu: Some(MS),
        cores: 1,
    }
}

#[track_caller]
fn assert_bottleneck(run: &ObservedRun<'_>, kind: BottleneckKind, evidence: &str, remedy: &str) {
    let bottleneck = Bottleneck::for_run(run);
    assert_eq!(bottleneck.kind, kind, "{bottleneck:?}");
    assert!(bottleneck.evidence.contains(evidence), "{bottleneck:?}");
    assert!(bottleneck.remedy.contains(remedy), "{bottleneck:?}");
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
    assert_bottleneck(
        &run(&records, 1),
        BottleneckKind::Latency,
        "1 connection waits for 20 responses in sequence: their delays add up to 1.00 s of the 1.00 s",
        "raise the concurrency to at most 20: there the lower bound is 50.0 ms",
    );
}

#[test]
fn fully_parallel_run_is_limited_by_the_longest_delay() {
    let records = run_of_delays(&[50; 20]);
    assert_bottleneck(
        &run(&records, 20),
        BottleneckKind::Latency,
        "all 20 requests run in parallel: the longest is 50.0 ms, the median 50.0 ms",
        "only shorter delays help: a concurrency above 20 does not",
    );
}

#[test]
fn single_request_is_described_in_the_singular() {
    let records = run_of_delays(&[50]);
    for concurrency in [1, 20] {
        let run = run(&records, concurrency);
        let evidence = Bottleneck::for_run(&run).evidence;
        let expected = "the only request takes at least 50.0 ms, and the run took 50.0 ms";
        assert_eq!(evidence, expected);
    }
}

#[test]
fn fewer_connections_than_requests_limit_the_run() {
    let records = run_of_delays(&[104; 96]);
    assert_bottleneck(
        &run(&records, 32),
        BottleneckKind::Concurrency,
        "at concurrency 32 the lower bound is 312 ms; the longest delay is 104 ms, and the run took 312 ms",
        "raise the concurrency to at most 96: there the lower bound is 104 ms",
    );
}

#[test]
fn one_slow_download_is_a_straggler() {
    let records = run_of_delays(&[10, 10, 10, 10, 10, 10, 10, 10, 10, 1000]);
    assert_bottleneck(
        &run(&records, 5),
        BottleneckKind::Straggler,
        "the longest download takes 1.00 s, the median 10.0 ms: at concurrency 5",
        "a concurrency above 2 does not help, because the longest download takes 1.00 s",
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
    assert_bottleneck(
        &queued,
        BottleneckKind::ServerConcurrencyLimit,
        "with a concurrency limit of 4 the server needs at least 500 ms",
        "a concurrency above 4 does not help",
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
    let late = ScenarioResponse {
        lateness: 450,
        ..ScenarioResponse::after(50)
    };
    let records = run_of(&[late; 40]);
    let run = ObservedRun {
        wall: 1000 * MS,
        ..run(&records, 20)
    };
    assert_bottleneck(
        &run,
        BottleneckKind::ServerLateness,
        "the lower bound is 1.00 s, not 100 ms",
        "more CPU",
    );
    let limits = with_limit(19);
    assert_bottleneck(
        &ObservedRun { limits, ..run },
        BottleneckKind::ServerConcurrencyLimit,
        "concurrency limit of 19",
        "raise the server's concurrency limit",
    );
}

#[test]
fn slow_bodies_limit_by_bandwidth() {
    let trickled = ScenarioResponse {
        pacing: 900,
        ..ScenarioResponse::after(100)
    };
    let records = run_of(&[trickled; 8]);
    assert_bottleneck(
        &run(&records, 2),
        BottleneckKind::Bandwidth,
        "body pacing makes up 3.60 s of the lower bound of 4.00 s",
        "raise the concurrency to at most 8: there the lower bound is 1.00 s",
    );
    assert_bottleneck(
        &run(&records, 8),
        BottleneckKind::Bandwidth,
        "900 ms of the lower bound of 1.00 s",
        "a higher concurrency does not help",
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
    assert_bottleneck(
        &run(&records, 3),
        BottleneckKind::Retries,
        "failed attempts and backoff make up 450 ms of the lower bound of 500 ms, with 1 retry",
        "without retries the lower bound is 50.0 ms",
    );
}

#[test]
fn unexplained_time_of_10_percent_is_reported() {
    let records = run_of_delays(&[50; 40]);
    let with = |wall| ObservedRun {
        wall: wall * MS,
        ..run(&records, 20)
    };
    assert_bottleneck(
        &with(178),
        BottleneckKind::Concurrency,
        "and the run took 178 ms; 78.0 ms (44%) of the wall time is overhead",
        "",
    );
    let close = Bottleneck::for_run(&with(109));
    assert!(
        close.evidence.ends_with("took 109 ms"),
        "{}",
        close.evidence
    );
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
    assert!(hedged.contains("because the run was hedged"), "{hedged}");
    let headless = evidence(|record| (record.status, record.timing) = (None, None), 50);
    let expected = "1 attempt got no response head, so the planned delay is unknown";
    assert!(headless.contains(expected), "{headless}");
    let mut clean = run_of_delays(&[0; 4]);
    clean[0].status = Some(200);
    let at_once = Bottleneck::for_run(&ObservedRun {
        wall: 9 * MS,
        ..run(&clean, 4)
    });
    assert_eq!(at_once.kind, BottleneckKind::Overhead);
    assert!(
        at_once.evidence.contains("no response was delayed"),
        "{at_once:?}"
    );
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
    assert_bottleneck(
        &busy,
        BottleneckKind::ClientCpu,
        "the client used 192 ms of CPU time on 2 cores: per core 96% of the wall time of 100 ms",
        "a higher concurrency does not help",
    );
    let unused = ObservedRun { cores: 8, ..busy };
    assert_bottleneck(
        &unused,
        BottleneckKind::Overhead,
        "the lower bound is 2.00 ms",
        "",
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
    assert_bottleneck(
        &run,
        BottleneckKind::ServerLateness,
        "with the actual delays the lower bound is 1.00 s, not 200 ms",
        "more CPU",
    );
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
    let evidence = "the server does not report its delays and the client's CPU time is unknown";
    assert_bottleneck(&silent, BottleneckKind::Unknown, evidence, "omit --url");
    assert_eq!(Bottleneck::for_run(&silent).terms, None);
    let busy = ObservedRun {
        cpu: Some(9 * MS),
        ..silent
    };
    assert_bottleneck(&busy, BottleneckKind::ClientCpu, "90%", "less CPU");
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
