//! The ratios of strategies with these wall times.

use super::*;
use crate::test_runs::trial;
use flagpole_protocol::RunStats;
use proptest::prelude::*;

/// Strategies with these names and wall times in milliseconds, from round 1 on.
fn strategies(walls: &[(&'static str, Vec<u64>)]) -> Vec<StrategyResult> {
    let result = |(name, walls): &(&'static str, Vec<u64>)| {
        let trials = (1..).zip(walls).map(|(round, &wall)| {
            let mut trial = trial(name, round, wall, 1);
            trial.measured.stats = RunStats::default();
            trial
        });
        StrategyResult::from_trials(name, &trials.collect::<Vec<_>>()).unwrap()
    };
    walls.iter().map(result).collect()
}

/// Three strategies, `a` to `c`, with ten rounds.
fn three() -> Vec<StrategyResult> {
    let walls = |first| (first..first + 10).collect();
    strategies(&[("a", walls(20)), ("b", walls(10)), ("c", walls(30))])
}

#[test]
fn every_ratio_is_stored_in_both_directions() {
    let mut all = three();
    add(&mut all, None);
    for one in &all {
        let others: Vec<_> = one.ratios.iter().map(|ratio| ratio.to.as_str()).collect();
        let expected = ["a", "b", "c"].into_iter().filter(|name| *name != one.name);
        assert_eq!(others, expected.collect::<Vec<_>>());
    }
    assert!(all[0].ratio_to("b").unwrap().ratio > 1.0);
    assert!(all[1].ratio_to("a").unwrap().ratio < 1.0);
}

#[test]
fn intervals_are_those_of_all_pairs_without_a_named_reference() {
    let mut all = three();
    assert_eq!(add(&mut all, None).as_deref(), Some("b"));
    let ratios = all.iter().flat_map(|one| &one.ratios);
    for ratio in ratios {
        assert_eq!(ratio.comparisons, Some(3), "{ratio:?}");
    }
}

#[test]
fn intervals_to_a_named_reference_are_narrower() {
    let (mut all, mut named) = (three(), three());
    add(&mut all, None);
    assert_eq!(add(&mut named, Some("c")).as_deref(), Some("c"));
    let counts = |name| named[0].ratio_to(name).unwrap().comparisons;
    assert_eq!((counts("b"), counts("c")), (Some(3), Some(2)));
    let width = |all: &[StrategyResult]| {
        let interval = all[0].ratio_to("c").unwrap().confidence_interval;
        interval.map(|[low, high]| high - low).unwrap()
    };
    assert!(width(&named) < width(&all));
}

#[test]
fn rounds_of_one_strategy_alone_do_not_count() {
    let mut all = strategies(&[("a", vec![20, 20, 90]), ("b", vec![10, 10])]);
    add(&mut all, None);
    let ratio = all[0].ratio_to("b").unwrap();
    assert!((ratio.ratio - 2.0).abs() < 1e-9, "{ratio:?}");
    assert_eq!(ratio.confidence_interval, None);
}

#[test]
fn downloads_that_ended_differently_have_no_ratio() {
    let mut all = three();
    (all[1].ok, all[1].error) = (0, 20);
    add(&mut all, None);
    assert!(all[0].ratio_to("b").is_none() && all[1].ratios.is_empty());
    assert!(all[0].ratio_to("c").is_some());
}

proptest! {
    #[test]
    fn wall_times_of_a_table_divide_into_its_ratios(
        walls in prop::collection::vec(prop::array::uniform3(1u64..100_000), 1..25),
    ) {
        let of = |at: usize| walls.iter().map(|round| round[at]).collect();
        let mut all = strategies(&[("a", of(0)), ("b", of(1)), ("c", of(2))]);
        add(&mut all, None);
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            let ratio = all[one].ratio_to(&all[other].name).unwrap().ratio;
            let quotient = all[one].wall_us.mean / all[other].wall_us.mean;
            prop_assert!((ratio / quotient - 1.0).abs() < 1e-9, "{ratio} {quotient}");
            let bound = all[one].bound_us.unwrap() as f64;
            let efficiency = all[one].efficiency.unwrap();
            prop_assert!((efficiency * all[one].wall_us.mean / bound - 1.0).abs() < 1e-9);
        }
        let product = |[one, other, third]: [usize; 3]| {
            let ratio = |one: usize, other: usize| all[one].ratio_to(&all[other].name).unwrap().ratio;
            ratio(one, other) * ratio(other, third) * ratio(third, one)
        };
        prop_assert!((product([0, 1, 2]) - 1.0).abs() < 1e-9);
    }
}
