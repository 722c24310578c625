//! How often strategies of equal speed appear to differ, and a slower one is found: simulated with fixed seeds.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use flagpole_analysis::stats::{ComparisonCount, RatioEstimate};
use flagpole_protocol::{DrawPurpose, KeyedRng, RngKey};
use rand::RngExt as _;
use rand_distr::{StandardNormal, StudentT};

/// With this many, a percentage of 5 is known to half a percent.
const EXPERIMENTS: u64 = 2000;

/// Multiplicative noise of the wall time of a strategy (0 is the first), as its logarithm.
type Noise = fn(&mut KeyedRng<'_>, strategy: usize) -> f64;

fn normal(rng: &mut KeyedRng<'_>, _: usize) -> f64 {
    0.05 * rng.sample::<f64, _>(StandardNormal)
}

/// Each strategy has more noise than the one before.
fn unequal(rng: &mut KeyedRng<'_>, strategy: usize) -> f64 {
    (1 + strategy) as f64 * normal(rng, strategy)
}

/// Student's t with 3 degrees of freedom.
fn heavy_tailed(rng: &mut KeyedRng<'_>, _: usize) -> f64 {
    0.05 * rng.sample(StudentT::new(3.0).unwrap())
}

/// A stall in one run of ten.
fn stalls(rng: &mut KeyedRng<'_>, _: usize) -> f64 {
    let stall = if rng.random_bool(0.1) { 0.2 } else { 0.0 };
    0.02 * rng.sample::<f64, _>(StandardNormal) + stall
}

/// The wall times of each strategy by round. What a round does to all strategies alike is larger than their own noise.
fn experiment(
    rng: &mut KeyedRng<'_>,
    strategies: usize,
    rounds: usize,
    noise: Noise,
) -> Vec<Vec<f64>> {
    let round = |_| 0.3 * rng.sample::<f64, _>(StandardNormal);
    let shared: Vec<f64> = (0..rounds).map(round).collect();
    let walls = |strategy| {
        let walls = shared.iter().map(|shared| shared + noise(rng, strategy));
        walls.map(f64::exp).collect()
    };
    (0..strategies).map(walls).collect()
}

/// The percentages of experiments for which these hold.
fn percent<const N: usize>(holds: impl Fn(&mut KeyedRng<'_>) -> [bool; N]) -> [f64; N] {
    let mut counts = [0; N];
    for seed in 0..EXPERIMENTS {
        let mut rng = RngKey::new(seed, 0, "", 1).rng(DrawPurpose::Delay);
        for (count, holds) in counts.iter_mut().zip(holds(&mut rng)) {
            *count += u64::from(holds);
        }
    }
    counts.map(|count| 100.0 * count as f64 / EXPERIMENTS as f64)
}

fn differ(one: &[f64], other: &[f64], comparisons: ComparisonCount) -> bool {
    let estimate = RatioEstimate::paired(one, other, comparisons).unwrap();
    estimate.is_significant()
}

/// In all pairs; the fastest strategy of the same data, with which others are compared, is in some of them.
fn some_pair_differs(walls: &[Vec<f64>]) -> bool {
    let comparisons = ComparisonCount::all_pairs(walls.len());
    let mut pairs = walls.iter().enumerate();
    pairs.any(|(at, one)| {
        let mut others = walls[..at].iter();
        others.any(|other| differ(one, other, comparisons))
    })
}

fn some_strategy_differs_from_the_first(walls: &[Vec<f64>]) -> bool {
    let comparisons = ComparisonCount::with_reference(walls.len());
    let mut others = walls[1..].iter();
    others.any(|other| differ(other, &walls[0], comparisons))
}

/// Asserts that strategies of equal speed rarely appear to differ.
fn assert_false_differences_are_rare(name: &str, noise: Noise) {
    for strategies in [2, 3, 4, 7] {
        for rounds in [5, 10, 20] {
            let [pairs, reference] = percent(|rng| {
                let walls = experiment(rng, strategies, rounds, noise);
                [
                    some_pair_differs(&walls),
                    some_strategy_differs_from_the_first(&walls),
                ]
            });
            let title = format!("{name}: {strategies} strategies, {rounds} rounds");
            println!("{title}: {pairs}% of all pairs, {reference}% with a reference");
            assert!(
                pairs <= 7.0 && reference <= 7.0,
                "{title}: {pairs}% {reference}%"
            );
        }
    }
}

#[test]
fn false_differences_are_rare_with_normal_noise() {
    assert_false_differences_are_rare("normal", normal);
}

#[test]
fn false_differences_are_rare_with_unequal_noise() {
    assert_false_differences_are_rare("unequal", unequal);
}

#[test]
fn false_differences_are_rare_with_heavy_tailed_noise() {
    assert_false_differences_are_rare("heavy-tailed", heavy_tailed);
}

#[test]
fn false_differences_are_rare_with_stalls() {
    assert_false_differences_are_rare("stalls", stalls);
}

/// Without the correction the tests above would fail.
#[test]
fn uncorrected_intervals_show_false_differences() {
    let [found] = percent(|rng| {
        let walls = experiment(rng, 4, 20, normal);
        let mut others = walls[1..].iter();
        [others.any(|other| differ(other, &walls[0], ComparisonCount::ONE))]
    });
    assert!(found > 10.0, "{found}%");
}

#[test]
fn difference_of_5_percent_is_found_under_noise_of_2_percent() {
    let noise: Noise = |rng, _| 0.02 * rng.sample::<f64, _>(StandardNormal);
    for strategies in [2, 7] {
        for rounds in [10, 20] {
            let [found] = percent(|rng| {
                let walls = experiment(rng, strategies, rounds, noise);
                let slower: Vec<f64> = walls[0].iter().map(|wall| 1.05 * wall).collect();
                let comparisons = ComparisonCount::all_pairs(strategies);
                [differ(&slower, &walls[1], comparisons)]
            });
            println!("{strategies} strategies, {rounds} rounds: found {found}%");
            assert!(found >= 80.0, "{strategies} {rounds}: {found}%");
        }
    }
}
