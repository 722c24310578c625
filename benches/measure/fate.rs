//! Time to decide one fate.

use criterion::{Criterion, Throughput};
use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use flagpole_server::RuleSet;
use std::hint::black_box;
use std::time::Duration;

/// The group `fate`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let key = FateKey::from(Resource::Flag("BR".parse().expect("BR is a code")));
    let mut group = criterion.benchmark_group("fate");
    group.throughput(Throughput::Elements(1));
    group
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    for (name, latency, faults) in [
        ("constant", "50ms", vec![]),
        (
            "uniform with faults",
            "uniform:500ms..5s",
            vec!["404@5%", "500@10%"],
        ),
    ] {
        let latency = latency.parse().expect("the latency is well formed");
        let faults = faults
            .iter()
            .map(|spec| spec.parse().expect("the fault is well formed"));
        let profile =
            RuleSet::without_rules(7, latency, faults.collect()).expect("15% are at most 100%");
        let mut n = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                n += 1;
                profile.fate(black_box(&key), black_box(n))
            });
        });
    }
}
