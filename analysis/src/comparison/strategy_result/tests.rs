//! Results of a few trials.

use super::*;
use crate::test_runs::trial;

#[test]
fn rounds_become_medians_and_sums() {
    let trials = [(1, 55), (2, 50), (3, 500)].map(|(round, wall)| trial("async", round, wall, 50));
    let result = StrategyResult::from_trials("async", &trials).unwrap();
    let wall = result.wall_us;
    assert_eq!((wall.median, wall.min, wall.max), (55_000, 50_000, 500_000));
    let mean = (55e3f64 * 50e3 * 500e3).cbrt();
    assert!((wall.mean - mean).abs() < 1e-3, "{wall:?}");
    assert!((result.goodput_per_s - 1e6 / mean).abs() < 1e-6);
    assert!((result.requests_per_s - 2e6 / mean).abs() < 1e-6);
    assert_eq!(result.efficiency, None, "half of the downloads failed");
    assert_eq!((result.bound_us, result.median_round), (Some(50_000), 1));
    assert_eq!((result.ok, result.not_found, result.error), (3, 0, 3));
    assert_eq!(result.failures[0].reason, "500 Internal Server Error");
    assert_eq!(result.download_time.succeeded.max_us, Some(50_000));
    assert_eq!(result.download_time.failed.max_us, Some(51_000));
    assert_eq!(result.median_round_attempts.len(), 2);
    assert_eq!(result.rounds.len(), 3);
}

#[test]
fn efficiency_is_given_if_at_most_1_percent_of_the_downloads_failed() {
    let efficiency = |failed: u64| {
        let trials = [(1, 55), (2, 50)].map(|(round, wall)| {
            let mut trial = trial("async", round, wall, 50);
            let stats = &mut trial.measured.stats;
            (stats.ok, stats.error) = (100 - failed, failed);
            trial
        });
        StrategyResult::from_trials("async", &trials)
            .unwrap()
            .efficiency
    };
    let mean = (55e3f64 * 50e3).sqrt();
    for failed in [0, 1] {
        assert!((efficiency(failed).unwrap() - 50e3 / mean).abs() < 1e-9);
    }
    assert_eq!(efficiency(2), None);
}

#[test]
fn without_trials_there_is_no_result() {
    assert!(StrategyResult::from_trials("async", &[]).is_none());
}

#[test]
fn result_has_at_most_1000_attempts_of_the_median_round() {
    let mut trial = trial("async", 1, 50, 50);
    let record = trial.measured.records[0].clone();
    trial.measured.records = vec![record; 1002];
    let result = StrategyResult::from_trials("async", &[trial]).unwrap();
    assert_eq!(result.median_round_attempts.len(), 1000);
    assert_eq!(result.median_round_attempt_count, 1002);
}
