//! Time to record an attempt, and to add the statistics of two workers.

use criterion::{BatchSize, Criterion, Throughput};
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use flagpole_protocol::{Resource, ServerTiming};
use std::hint::black_box;
use std::time::Duration;

/// Attempts per run: enough for the histograms to be allocated and the first few to be negligible.
const ATTEMPTS: u32 = 100_000;

/// The group `tally`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tally");
    group
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for (name, outcomes) in [
        ("record successes", &[Outcome::Ok][..]),
        (
            "record failures too",
            &[Outcome::Ok, Outcome::NotFound, Outcome::Http(500)],
        ),
    ] {
        let attempts = attempts(outcomes);
        group.throughput(Throughput::Elements(u64::from(ATTEMPTS)));
        group.bench_function(name, |bencher| {
            bencher.iter(|| tally(black_box(&attempts)));
        });
    }
    // The number of attempts has no effect once histograms are allocated: one sum is one element.
    let one = tally(&attempts(&[Outcome::Ok, Outcome::NotFound]));
    group.throughput(Throughput::Elements(1));
    group.bench_function("add two", |bencher| {
        bencher.iter_batched_ref(
            || one.clone(),
            |sum| *sum += black_box(&one),
            BatchSize::SmallInput,
        );
    });
}

fn tally(attempts: &[AttemptRecord]) -> RunStats {
    let mut tally = RunStats::default();
    for record in attempts {
        tally.record(record);
    }
    tally
}

/// Attempts from 1 ms to 1 s, in an order that defeats prefetching, with alternating outcomes.
fn attempts(outcomes: &[Outcome]) -> Vec<AttemptRecord> {
    let turns = outcomes.iter().cycle();
    (0..ATTEMPTS)
        .zip(turns)
        .map(|(n, outcome)| {
            // Coprime with 999,001, so that no latency repeats.
            let latency = Duration::from_micros(1000 + u64::from(n) * 617_617 % 999_001);
            attempt(latency, outcome.clone())
        })
        .collect()
}

fn attempt(latency: Duration, outcome: Outcome) -> AttemptRecord {
    let resource = Resource::Flag("BR".parse().expect("BR is a code"));
    AttemptRecord {
        worker: Some(1),
        sent: Duration::from_micros(20),
        reused_connection: true,
        first_byte: Some(latency),
        done: latency,
        status: Some(200),
        bytes: 1000,
        timing: Some(ServerTiming::default()),
        ..AttemptRecord::new(resource, outcome)
    }
}
