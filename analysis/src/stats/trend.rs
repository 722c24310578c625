//! Whether figures that come one after the other rise or fall: the test of Mann and Kendall, which asks
//! for no distribution. H. B. Mann, "Nonparametric tests against trend", Econometrica 13, 1945;
//! M. G. Kendall, "Rank Correlation Methods", 1975 (ties, and the correction for continuity).

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

/// A rise or a fall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// How often figures without a trend would look like this, 0 to 1; two-sided, by the normal
    /// approximation, which is good from 10 figures on and timid below.
    pub p: f64,
    /// By how much the median of the last third is above that of the first: 0.1 is 10%. Of figures
    /// that begin at 0 it is 0.
    pub change: f64,
}

impl Trend {
    /// `None` of fewer than 3 figures.
    pub fn of(figures: &[f64]) -> Option<Trend> {
        if figures.len() < 3 {
            return None;
        }
        let third = figures.len() / 3;
        let first = median(&figures[..third]);
        let last = median(&figures[figures.len() - third..]);
        let change = if first > 0.0 { last / first - 1.0 } else { 0.0 };
        Some(Trend {
            p: mann_kendall(figures),
            change,
        })
    }
}

/// The chance of at least as much order, two-sided.
fn mann_kendall(figures: &[f64]) -> f64 {
    let later = |(at, one): (usize, &f64)| -> f64 {
        let order = figures[at + 1..].iter().map(|other| sign(other - one));
        order.sum()
    };
    let score: f64 = figures.iter().enumerate().map(later).sum();
    let variance = variance(figures);
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (score.abs() - 1.0).max(0.0) / variance.sqrt();
    2.0 * Normal::standard().sf(z)
}

fn sign(difference: f64) -> f64 {
    if difference == 0.0 {
        0.0
    } else {
        difference.signum()
    }
}

/// Of the score of figures without a trend; those that are equal take from it.
fn variance(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let term = |count: usize| {
        let count = count as f64;
        count * (count - 1.0) * (2.0 * count + 5.0)
    };
    let equal = sorted.chunk_by(|one, other| one.total_cmp(other).is_eq());
    let ties: f64 = equal.map(|group| term(group.len())).sum();
    (term(figures.len()) - ties) / 18.0
}

/// The lower of two in the middle; of at least one.
fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_hand() {
        // Ten in order: a score of 45, a variance of 10 · 9 · 25 / 18 = 125, z = 44 / √125 = 3.9355.
        let rising: Vec<f64> = (1..=10).map(f64::from).collect();
        let trend = Trend::of(&rising).unwrap();
        assert!((trend.p - 8.3e-5).abs() < 1e-6, "{trend:?}");
        assert!(
            (trend.change - 3.5).abs() < 1e-9,
            "9 is 4.5 times 2: {trend:?}"
        );
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert!((Trend::of(&falling).unwrap().p - trend.p).abs() < 1e-12);
        // Two and two alike: a score of 4, a variance of (156 - 18 - 18) / 18, z = 3 / √6.667.
        let ties = Trend::of(&[1.0, 1.0, 2.0, 2.0]).unwrap();
        assert!((ties.p - 0.2453).abs() < 1e-3, "{ties:?}");
    }

    #[test]
    fn figures_up_and_down_or_all_alike_have_none() {
        for steady in [
            [5.0; 12],
            [1.0, 2.0, 1.5, 1.2, 1.9, 1.1, 1.8, 1.4, 1.3, 1.7, 1.6, 1.45],
        ] {
            assert!(Trend::of(&steady).unwrap().p > 0.5, "{steady:?}");
        }
    }

    #[test]
    fn two_figures_are_no_trend() {
        assert_eq!(Trend::of(&[1.0, 2.0]), None);
    }
}
