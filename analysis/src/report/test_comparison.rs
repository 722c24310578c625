//! Comparisons for the tests of the formats.

use crate::bound::terms::BoundTerms;
use crate::comparison::concurrency_curve::{ConcurrencyCurve, ConcurrencyPoint, Knee};
use crate::comparison::{
    BaselineRatio, Cell, Comparison, Environment, MeasurementOverhead, ResourceUsage, SCHEMA,
    StrategyResult, Trial,
};
use crate::test_runs::record;
use crate::validity::verdict::{Validity, Verdict};
use flagpole_protocol::{MeasuredRun, Outcome, RunStats};
use std::time::Duration;

/// A run of two downloads, one of which got a 500; times in milliseconds.
pub(crate) fn trial(strategy: &'static str, round: usize, wall: u64, bound: u64) -> Trial {
    let records = vec![
        record(50, Outcome::Ok, None),
        record(51, Outcome::Http(500), None),
    ];
    let mut stats = RunStats::default();
    for record in &records {
        stats.record(record);
    }
    Trial {
        terms: Some(BoundTerms {
            critical_path_us: 1000 * bound,
            ..BoundTerms::default()
        }),
        server: None,
        round,
        position: 1,
        measured: MeasuredRun {
            strategy,
            concurrency: if strategy == "async" { 2 } else { 1 },
            wall: Duration::from_millis(wall),
            stats,
            records,
            timeout: None,
        },
        resource_usage: ResourceUsage {
            cpu_user_us: 2000,
            cpu_system_us: 1000,
            peak_memory_kib: 8192,
            peak_threads: 1,
            voluntary_context_switches: 20,
            involuntary_context_switches: 0,
        },
    }
}

/// Two strategies, one round.
pub(crate) fn comparison() -> Comparison {
    let strategy = |name, wall, bound| {
        StrategyResult::from_trials(name, &[&trial(name, 1, wall, bound)]).unwrap()
    };
    Comparison {
        schema: SCHEMA,
        experiment: serde_json::json!({}),
        environment: Environment::default(),
        measurement_overhead: None,
        cells: vec![Cell {
            conditions: vec![("latency".into(), "50ms".into())],
            rounds: 1,
            order: Vec::new(),
            strategies: vec![
                strategy("sequential", 1030, 1000),
                strategy("async", 52, 50),
            ],
            server: None,
            verdict: Verdict {
                validity: Validity::Valid,
                reasons: Vec::new(),
            },
        }],
        concurrency_curves: Vec::new(),
        crossed_thresholds: Vec::new(),
        baseline: Vec::new(),
    }
}

/// A comparison with every kind of note.
pub(super) fn comparison_with_notes() -> Comparison {
    let points = [(1, 10.0), (2, 20.0), (4, 20.1)];
    let points = points.map(|(concurrency, goodput)| ConcurrencyPoint {
        concurrency,
        goodput,
    });
    Comparison {
        measurement_overhead: Some(MeasurementOverhead {
            p50_us: 90,
            p99_us: 200,
            attempts: 1000,
        }),
        concurrency_curves: vec![ConcurrencyCurve {
            strategy: "async".into(),
            conditions: "latency 50ms".into(),
            knee: Knee::from_points(&points).unwrap(),
            points: points.to_vec(),
        }],
        baseline: vec![BaselineRatio {
            name: "async".into(),
            ratio: None,
            message: "different fates in the baseline".into(),
        }],
        crossed_thresholds: vec!["async.wall < 1s: measured 52 ms".into()],
        ..comparison()
    }
}
