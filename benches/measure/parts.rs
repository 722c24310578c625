//! The parts that a comparison depends on, each alone: the server's clean requests, deciding a fate, and
//! recording attempts.

use crate::common::{concurrency, strategy};
use criterion::{BatchSize, Criterion, Throughput};
use flagpole_client::{DownloadSpec, Endpoint, Run, Workload};
use flagpole_protocol::{AttemptRecord, FateKey, Outcome, Resource, RunStats, ServerTiming};
use flagpole_server::{BlockingServer, RuleSet};
use std::{hint::black_box, time::Duration};

/// Requests per run of the server: enough to make the opening of connections negligible.
const REQUESTS: usize = 5000;

/// Recorded attempts: enough for the histograms to be allocated and the first few to be negligible.
const ATTEMPTS: u32 = 100_000;

/// The groups `server`, `fate` and `stats`.
pub(crate) fn bench(criterion: &mut Criterion) {
    server(criterion);
    fate(criterion);
    stats(criterion);
}

fn brazil() -> Resource {
    Resource::Flag("BR".parse().expect("BR is a code"))
}

/// Requests per second without delay or fault through 64 connections, client and server in this process;
/// `cargo bench -- nginx` compares the server alone with other servers.
fn server(criterion: &mut Criterion) {
    let builder = BlockingServer::builder().journal_capacity(0);
    let server = builder.start().expect("a free port is found");
    let endpoint = Endpoint::from(server.addr());
    let workload = Workload::from(vec![DownloadSpec::new(brazil()); REQUESTS]);
    let strategy = strategy("async");
    let mut group = criterion.benchmark_group("server");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function("clean requests", |bencher| {
        bencher.iter(|| {
            let run = Run::new(&workload, &endpoint).concurrency(concurrency(64));
            let stats = strategy.run(&run).expect("the runtime can be built");
            assert_eq!(stats.ok, REQUESTS as u64, "{stats:?}");
        });
    });
}

fn fate(criterion: &mut Criterion) {
    let key = FateKey::from(brazil());
    let mut group = criterion.benchmark_group("fate");
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .throughput(Throughput::Elements(1));
    let two: &[&str] = &["404@5%", "500@10%"];
    for (name, latency, faults) in [
        ("constant", "50ms", &[][..]),
        ("uniform with faults", "uniform:500ms..5s", two),
    ] {
        let latency = latency.parse().expect("the latency is well formed");
        let parsed: Result<_, _> = faults.iter().map(|spec| spec.parse()).collect();
        let faults = parsed.expect("they are well formed");
        let rules = RuleSet::without_rules(7, latency, faults).expect("15% are at most 100%");
        let mut request_number = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                request_number += 1;
                rules.fate(black_box(&key), black_box(request_number))
            });
        });
    }
}

fn stats(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stats");
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    let failures: &[Outcome] = &[Outcome::Ok, Outcome::NotFound, Outcome::Http(500)];
    for (name, outcomes) in [
        ("record successes", &[Outcome::Ok][..]),
        ("record failures too", failures),
    ] {
        let attempts = attempts(outcomes);
        group.throughput(Throughput::Elements(u64::from(ATTEMPTS)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| record(black_box(&attempts)));
        });
    }
    // The number of attempts has no effect once histograms are allocated: one sum is one element.
    let one = record(&attempts(&[Outcome::Ok, Outcome::NotFound]));
    group.throughput(Throughput::Elements(1));
    group.bench_function("add two", |bencher| {
        let sum = || one.clone();
        bencher.iter_batched_ref(sum, |sum| *sum += black_box(&one), BatchSize::SmallInput);
    });
}

fn record(attempts: &[AttemptRecord]) -> RunStats {
    let mut stats = RunStats::default();
    for record in attempts {
        stats.record(record);
    }
    stats
}

/// Attempts from 1 ms to 1 s, in an order that defeats prefetching, with alternating outcomes.
fn attempts(outcomes: &[Outcome]) -> Vec<AttemptRecord> {
    let turns = outcomes.iter().cycle();
    let attempt = |(n, outcome): (u32, &Outcome)| {
        // Coprime with 999,001, so that no latency repeats.
        let latency = Duration::from_micros(1000 + u64::from(n) * 617_617 % 999_001);
        AttemptRecord {
            worker: Some(1),
            sent: Duration::from_micros(20),
            reused_connection: true,
            first_byte: Some(latency),
            done: latency,
            status: Some(200),
            bytes: 1000,
            timing: Some(ServerTiming::default()),
            ..AttemptRecord::new(brazil(), outcome.clone())
        }
    };
    (0..ATTEMPTS).zip(turns).map(attempt).collect()
}
