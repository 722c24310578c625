//! Results of a few trials.

use super::*;
use crate::test_runs::trial;

#[test]
fn rounds_become_medians_and_sums() {
    let trials = [(1, 55), (2, 50), (3, 500)].map(|(round, wall)| trial("async", round, wall, 50));
    let result = StrategyResult::from_trials("async", &trials).unwrap();
    let expected = Spread {
        median: 55_000,
        min: 50_000,
        max: 500_000,
    };
    assert_eq!(result.wall_us, expected);
    assert!((result.efficiency.unwrap() - 50.0 / 55.0).abs() < 1e-9);
    assert_eq!((result.bound_us, result.median_round), (Some(50_000), 1));
    assert_eq!((result.ok, result.not_found, result.error), (3, 0, 3));
    assert_eq!(result.failures[0].reason, "500 Internal Server Error");
    assert_eq!(result.response_time_us.p99, Some(51_000));
    assert_eq!(result.median_round_attempts.len(), 2);
    assert_eq!(result.rounds.len(), 3);
}

#[test]
fn without_trials_there_is_no_result() {
    assert!(StrategyResult::from_trials("async", &[]).is_none());
}
