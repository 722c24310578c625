//! Lateness of injected delays, at the server and at the client, beside tokio's own sleep, for a given
//! number of requests in flight. The delays are uniform from 1 ms to 2 x in-flight / 3,000 seconds, so
//! that about 3,000 requests per second are answered whatever that number is (30 with one in flight).
//!
//! The delays are random because a fixed delay in a closed loop synchronises into bursts. The
//! environment variable `IN_FLIGHT` sets the numbers: `IN_FLIGHT="1 100 1000 5000"`.

use crate::common::{concurrency, is_test, median, rounds, strategy};
use flagpole_client::{DownloadSpec, Endpoint, Run, Workload, measure};
use flagpole_protocol::{AttemptRecord, DrawPurpose, Resource, RngKey};
use flagpole_server::{BlockingServer, Latency};
use rand::Rng as _;
use std::thread;
use std::time::{Duration, Instant};
use tokio::{runtime::Builder, task::JoinSet};

/// Rounds; their median counts, because the machine stalls at times.
const ROUNDS: usize = 5;

/// Maximum concurrency of one event loop; a higher one is split over several.
const MAX_LOOP_CONCURRENCY: usize = 1000;

const COLUMNS: [&str; 6] = [
    "server p50",
    "p99",
    "client p50",
    "p99",
    "tokio sleep p50",
    "p99",
];

/// Measures and prints.
pub(crate) fn print() {
    let (is_test, rounds) = (is_test(), rounds(ROUNDS));
    let asked = std::env::var("IN_FLIGHT").unwrap_or_else(|_| "1000".to_owned());
    let room = flagpole_server::open_files::raise_limit();

    println!("lateness in ms, medians of {rounds} rounds");
    let columns = COLUMNS.map(|column| format!("{column:>15}"));
    println!("in flight  {}", columns.join(" "));
    for word in asked.split_whitespace() {
        let in_flight = word.parse().expect("IN_FLIGHT holds numbers");
        // Both ends of each connection are in this process.
        if room < 2 * in_flight as u64 + 100 {
            println!("{in_flight:>9}  skipped: only {room} open files are allowed");
            continue;
        }
        let all = (0..rounds).map(|seed| round(in_flight, seed as u64, is_test));
        let cells = medians(&all.collect::<Vec<_>>());
        let cells = cells.map(|late| format!("{:>15.3}", late.as_secs_f64() * 1e3));
        println!("{in_flight:>9}  {}", cells.join(" "));
    }
}

fn medians(rounds: &[[Duration; 6]]) -> [Duration; 6] {
    std::array::from_fn(|column| median(rounds.iter().map(|round| round[column])))
}

/// p50 and p99 of the lateness at the server, at the client and of tokio's sleep.
fn round(in_flight: usize, seed: u64, is_test: bool) -> [Duration; 6] {
    let rate = if in_flight == 1 { 30 } else { 3000 };
    let longest = Duration::from_micros(2_000_000 * in_flight as u64 / rate);
    let spec = format!("uniform:1ms..{}us", longest.as_micros());
    let latency: Latency = spec.parse().expect("the latency is well formed");
    // Three times the number in flight, or three to seven seconds of requests.
    let enough = if in_flight == 1 { 200 } else { 9000 };
    let requests = if is_test {
        2 * in_flight
    } else {
        enough.max(3 * in_flight)
    };

    let builder = BlockingServer::builder()
        .latency(latency.clone())
        .seed(seed)
        .journal_capacity(requests);
    let server = builder.start().expect("a free port is found");
    let records = thread::scope(|scope| {
        let loops = in_flight.div_ceil(MAX_LOOP_CONCURRENCY);
        let share = |part: usize| {
            let endpoint = Endpoint::from(server.addr());
            let numbers = part * requests / loops..(part + 1) * requests / loops;
            scope.spawn(move || download(&endpoint, in_flight / loops, numbers))
        };
        let loops: Vec<_> = (0..loops).map(share).collect();
        let records = loops
            .into_iter()
            .map(|part| part.join().expect("no thread panics"));
        records.collect::<Vec<_>>().concat()
    });
    let control = server.control();
    let ledger = server.shutdown(Duration::from_secs(1));
    assert_eq!(
        (ledger.requests, ledger.early_responses),
        (requests as u64, 0),
        "every response arrived, and none was early"
    );

    // The first requests open all connections at the same time, which is not measured here.
    let started = |late: &AttemptRecord| late.sent > Duration::from_millis(5).max(longest / 2);
    let settled: std::collections::HashSet<_> = records
        .iter()
        .filter(|record| started(record))
        .map(|record| record.request_number)
        .collect();
    let entries = control.journal_entries();
    let at_server = entries.iter().filter(|entry| {
        let number = entry.request().and_then(|request| request.request_number);
        number.is_some_and(|n| settled.contains(&n))
    });
    let at_client = records
        .iter()
        .filter(|record| settled.contains(&record.request_number));
    let [p50, p99] = percentiles(at_server.filter_map(|entry| entry.outcome()?.lateness));
    let [seen_p50, seen_p99] = percentiles(at_client.filter_map(results));
    let sleeps = tokio_sleep(in_flight, requests, &latency);
    let [tokio_p50, tokio_p99] = percentiles(sleeps.into_iter());
    [p50, p99, seen_p50, seen_p99, tokio_p50, tokio_p99]
}

fn download(
    endpoint: &Endpoint,
    limit: usize,
    request_numbers: std::ops::Range<usize>,
) -> Vec<AttemptRecord> {
    let flag = Resource::Flag("BR".parse().expect("BR is a code"));
    let job = |request_number: usize| DownloadSpec {
        request_number: request_number as u64 + 1,
        ..DownloadSpec::new(flag)
    };
    let workload = Workload::from(request_numbers.map(job).collect::<Vec<_>>());
    let run = Run::new(&workload, endpoint).concurrency(concurrency(limit));
    let measured = measure(strategy("async"), &run.name("lateness"));
    let measured = measured.expect("the runtime can be built");
    let count = workload.downloads.len() as u64;
    assert_eq!(measured.stats.ok, count, "{:?}", measured.stats);
    measured.records
}

/// Lateness of the first byte at the client: time since the request was sent, minus the delay.
fn results(record: &AttemptRecord) -> Option<Duration> {
    let planned = record.timing.as_ref()?.planned;
    Some(record.first_byte?.saturating_sub(record.sent + planned))
}

/// Lateness of the same number of tokio sleeps with the same delays, on an idle runtime.
fn tokio_sleep(in_flight: usize, requests: usize, latency: &Latency) -> Vec<Duration> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("the runtime can be built");
    let mut rng = RngKey::new(0, 0, "/", 1).rng(DrawPurpose::Delay);
    let delay = |_| latency.delay(rng.next_u64());
    let delays: Vec<_> = (0..requests).map(delay).collect();
    runtime.block_on(async {
        let mut sleepers = JoinSet::new();
        for slot in 0..in_flight {
            let delays = delays.iter().copied().skip(slot).step_by(in_flight);
            let delays: Vec<_> = delays.collect();
            sleepers.spawn(async move {
                let mut late = Vec::new();
                for delay in delays {
                    let due = Instant::now() + delay;
                    tokio::time::sleep(delay).await;
                    late.push(due.elapsed());
                }
                late
            });
        }
        sleepers.join_all().await.concat()
    })
}

/// p50 and p99; each is one of the values.
fn percentiles(values: impl Iterator<Item = Duration>) -> [Duration; 2] {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    let at = |share: usize| values.get(values.len() * share / 100).copied();
    [at(50), at(99)].map(Option::unwrap_or_default)
}
