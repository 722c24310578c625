//! Each strategy downloads the flags of the 20 most populous countries from a server in this process, with
//! several delays and with a profile that injects faults; a summary is printed at the end.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use flagpole_analysis::HumanDuration;
use flagpole_analysis::bound::efficiency;
use flagpole_client::{Concurrency, Endpoint, Run, Workload, measure, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::MeasuredRun;
use flagpole_server::BlockingServer;
use flagpole_server::Profile;
use flagpole_server::config::listener::Listener;
use std::collections::BTreeMap;
use std::time::Duration;

const LATENCIES: [&str; 3] = ["0", "5ms", "50ms"];

const FLAKY: &str = include_str!("../../profiles/flaky.toml");

/// One response of `flaky` hangs for 2 seconds; without a timeout it would dominate the wall time.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The runs of each strategy under each condition.
#[derive(Default)]
pub(crate) struct Summary {
    groups: Vec<(String, BTreeMap<&'static str, Vec<MeasuredRun>>)>,
}

/// The groups `strategies/<latency>` and `strategies/flaky`.
pub(crate) fn bench(criterion: &mut Criterion) -> Summary {
    let mut summary = Summary::default();
    for spec in LATENCIES {
        let latency = spec.parse().expect("the latencies are well formed");
        let listener = Listener {
            latency,
            ..Listener::default()
        };
        group(criterion, spec, listener, &mut summary);
    }
    let mut flaky: Profile = FLAKY.parse().expect("the profile is well formed");
    let listener = flaky.listeners.remove(0);
    group(criterion, "flaky", listener, &mut summary);
    summary
}

fn group(criterion: &mut Criterion, name: &str, listener: Listener, summary: &mut Summary) {
    let workload = Workload::flags(populous::TOP_20);
    let concurrency =
        Concurrency::new(workload.downloads.len()).expect("a concurrency of 20 is allowed");
    let goes_wrong = !listener.faults.is_empty();
    let builder = BlockingServer::builder().listener(listener);
    let server = builder.start().expect("a free port is found");
    let endpoint = Endpoint::from(server.addr());
    let mut group = criterion.benchmark_group(format!("strategies/{name}"));
    // The delays determine the duration of a run; more samples would add no information.
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .throughput(Throughput::Elements(workload.downloads.len() as u64));
    let mut kept: BTreeMap<_, Vec<MeasuredRun>> = BTreeMap::new();
    for strategy in strategy::ALL {
        // A new run name restarts the server's request numbers, so that all runs get the same fates.
        let mut runs = 0_u64;
        group.bench_function(BenchmarkId::from_parameter(strategy.name()), |bencher| {
            bencher.iter(|| {
                runs += 1;
                let name = format!("bench-{}-{runs}", strategy.name());
                let run = Run::new(&workload, &endpoint)
                    .concurrency(concurrency)
                    .name(name);
                let run = if goes_wrong {
                    run.timeout(TIMEOUT)
                } else {
                    run
                };
                let measured = measure(*strategy, &run)
                    .expect("the strategy can start its threads and runtimes");
                assert!(
                    goes_wrong || measured.stats.ok == 20,
                    "{:?}",
                    measured.stats
                );
                kept.entry(strategy.name()).or_default().push(measured);
            });
        });
    }
    summary.groups.push((name.to_owned(), kept));
}

impl Summary {
    /// The fastest strategy under each condition, and the efficiency of each.
    pub(crate) fn print(mut self) {
        self.groups.retain(|(_, strategies)| !strategies.is_empty());
        if self.groups.is_empty() {
            return;
        }
        println!(
            "\nstrategies: 20 flags at concurrency 20, medians; efficiency is lower bound / wall time"
        );
        for (name, strategies) in &self.groups {
            let mut rows: Vec<_> = strategies
                .iter()
                .filter_map(|(strategy, runs)| Some((median(runs)?, *strategy)))
                .collect();
            rows.sort_by_key(|(run, _)| run.wall);
            let Some((fastest, winner)) = rows.first() else {
                continue;
            };
            println!(
                "\n{name}: {winner} is the fastest, {}",
                HumanDuration(fastest.wall)
            );
            for (run, strategy) in &rows {
                let times = run.wall.as_secs_f64() / fastest.wall.as_secs_f64();
                let efficiency = efficiency(run).filter(|efficiency| *efficiency > 0.0);
                let efficiency =
                    efficiency.map_or("-".to_owned(), |one| format!("{:.1}%", one * 100.0));
                let wall = HumanDuration(run.wall).to_string();
                println!("  {strategy:<20} {wall:>9} {times:>7.2}x  efficiency {efficiency:>6}");
            }
        }
        println!();
    }
}

/// The run with the median wall time.
fn median(runs: &[MeasuredRun]) -> Option<&MeasuredRun> {
    let mut sorted: Vec<&MeasuredRun> = runs.iter().collect();
    sorted.sort_by_key(|run| run.wall);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}
