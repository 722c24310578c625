//! What the intervals cover, simulated: with a seed, so that the answer is the same every time.

use super::interval::RatioEstimate;
use siphasher::sip::SipHasher24;

/// With so many, the share that is covered is known to half a per cent.
const EXPERIMENTS: u64 = 2000;
/// What strategies have to do with each other that have nothing to do with each other.
const RATIO: f64 = 1.3;

/// Noise that multiplies a wall time, as its logarithm.
type Noise = fn(&mut Dice) -> f64;

/// Random numbers, each a function of the seed and of how many came before.
struct Dice {
    seed: u64,
    drawn: u64,
}

impl Dice {
    /// Evenly from 0 to 1, both left out.
    fn even(&mut self) -> f64 {
        self.drawn += 1;
        let draw = SipHasher24::new_with_keys(self.seed, 0).hash(&self.drawn.to_le_bytes());
        ((draw >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.even().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.even()).cos()
    }
}

fn normal(dice: &mut Dice) -> f64 {
    0.05 * dice.normal()
}

/// Student's t with 3 degrees of freedom: now and then far away.
fn heavy(dice: &mut Dice) -> f64 {
    let squares: f64 = (0..3).map(|_| dice.normal().powi(2)).sum();
    0.05 * dice.normal() / (squares / 3.0).sqrt()
}

/// A stall in one round of ten, on top of the noise.
fn stalls(dice: &mut Dice) -> f64 {
    let stall = if dice.even() < 0.1 { 0.2 } else { 0.0 };
    0.02 * dice.normal() + stall
}

/// Rounds of two strategies of which one takes `ratio` times as long; what is common to a round is
/// larger than what is not.
fn rounds(dice: &mut Dice, count: u32, ratio: f64, noise: Noise) -> (Vec<f64>, Vec<f64>) {
    let round = |_| {
        let common = 0.3 * dice.normal();
        let one = ratio.ln() + common + noise(dice);
        (one.exp(), (common + noise(dice)).exp())
    };
    (0..count).map(round).unzip()
}

/// The share of experiments, in per cent, of which `is_so` holds.
fn percent(mut is_so: impl FnMut(&mut Dice) -> bool) -> f64 {
    let so = (0..EXPERIMENTS).filter(|&seed| is_so(&mut Dice { seed, drawn: 0 }));
    100.0 * so.count() as f64 / EXPERIMENTS as f64
}

fn covered(count: u32, noise: Noise) -> f64 {
    percent(|dice| {
        let (one, other) = rounds(dice, count, RATIO, noise);
        let estimate = RatioEstimate::paired(&one, &other).unwrap();
        (estimate.low..=estimate.high).contains(&RATIO)
    })
}

#[test]
fn an_interval_holds_the_truth_95_times_in_100() {
    for (name, noise) in [
        ("normal", normal as Noise),
        ("heavy", heavy),
        ("stalls", stalls),
    ] {
        for count in [10, 20] {
            let covered = covered(count, noise);
            println!("paired, {name}, {count} rounds: {covered}%");
            assert!(
                (93.5..=98.5).contains(&covered),
                "{name} {count}: {covered}%"
            );
        }
    }
    for count in [2, 5, 10, 20] {
        let covered = covered(count, normal);
        assert!((93.5..=96.5).contains(&covered), "{count}: {covered}%");
    }
}

/// The known weakness: what the documentation says of it.
#[test]
fn lopsided_noise_of_one_side_alone_is_covered_less() {
    let covered = percent(|dice| {
        let one: Vec<f64> = (0..20)
            .map(|_| RATIO * (-0.05 * dice.even().ln() - 0.05).exp())
            .collect();
        let estimate = RatioEstimate::paired(&one, &[1.0; 20]).unwrap();
        (estimate.low..=estimate.high).contains(&RATIO)
    });
    println!("lopsided, 20 rounds: {covered}%");
    assert!((88.0..=93.5).contains(&covered), "{covered}%");
}

#[test]
fn rounds_that_have_nothing_to_do_with_each_other_are_covered_too() {
    for (ones, others) in [(10, 10), (20, 10), (10, 40)] {
        let covered = percent(|dice| {
            let one: Vec<f64> = (0..ones).map(|_| RATIO * normal(dice).exp()).collect();
            let other: Vec<f64> = (0..others).map(|_| (3.0 * normal(dice)).exp()).collect();
            let estimate = RatioEstimate::unpaired(&one, &other).unwrap();
            (estimate.low..=estimate.high).contains(&RATIO)
        });
        println!("unpaired, {ones} and {others}: {covered}%");
        assert!(
            (93.5..=96.5).contains(&covered),
            "{ones} {others}: {covered}%"
        );
    }
}

#[test]
fn a_strategy_against_itself_shows_no_difference() {
    let silent = percent(|dice| {
        let (one, other) = rounds(dice, 20, 1.0, normal);
        !RatioEstimate::paired(&one, &other).unwrap().is_difference()
    });
    println!("against itself: {silent}%");
    assert!((93.5..=96.5).contains(&silent), "{silent}%");
}

#[test]
fn the_smallest_difference_is_seen_4_times_in_5() {
    // (t(0.975) + t(0.8)) times the true error of 20 differences, each of two noises of 0.05.
    let smallest = (2.093_024 + 0.860_951) * 0.05 * (2.0_f64 / 20.0).sqrt();
    let seen = percent(|dice| {
        let (one, other) = rounds(dice, 20, smallest.exp(), normal);
        RatioEstimate::paired(&one, &other).unwrap().is_difference()
    });
    println!("the smallest difference: {seen}%");
    assert!((78.0..=83.0).contains(&seen), "{seen}%");
    let told = percent(|dice| {
        let (one, other) = rounds(dice, 20, 1.0, normal);
        RatioEstimate::paired(&one, &other).unwrap().smallest < smallest.exp_m1()
    });
    assert!(
        (45.0..=65.0).contains(&told),
        "about as often more as less: {told}%"
    );
}
