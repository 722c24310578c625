//! Whether successive values rise or fall: the Mann-Kendall test, which assumes no distribution. H. B. Mann,
//! "Nonparametric tests against trend", Econometrica 13, 1945; M. G. Kendall, "Rank Correlation Methods", 1975 (ties,
//! and the correction for continuity).

use super::median::lower_median;
use statrs::distribution::{ContinuousCDF, Normal};

/// A rise or a fall of successive values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    /// The two-sided p-value, by the normal approximation, which is accurate from 10 values on and conservative below.
    pub p: f64,
    /// By how much the median of the last third exceeds the median of the first third: 0.1 is 10%. 0 if the latter is
    /// 0.
    pub change: f64,
}

impl Trend {
    /// The trend of at least 3 values; `None` with fewer.
    pub fn from_values(values: &[f64]) -> Option<Trend> {
        if values.len() < 3 {
            return None;
        }
        let median = |part: &[f64]| lower_median(part.iter().copied(), f64::total_cmp);
        let third = values.len() / 3;
        let first = median(&values[..third])?;
        let last = median(&values[values.len() - third..])?;
        let change = if first > 0.0 { last / first - 1.0 } else { 0.0 };
        Some(Trend {
            p: mann_kendall(values),
            change,
        })
    }
}

/// The two-sided p-value.
fn mann_kendall(values: &[f64]) -> f64 {
    let later = |(at, one): (usize, &f64)| -> f64 {
        let order = values[at + 1..].iter().map(|other| sign(other - one));
        order.sum()
    };
    let score: f64 = values.iter().enumerate().map(later).sum();
    let variance = variance(values);
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

/// The variance of the score without a trend, corrected for ties.
fn variance(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let term = |count: usize| {
        let count = count as f64;
        count * (count - 1.0) * (2.0 * count + 5.0)
    };
    let equal = sorted.chunk_by(|one, other| one.total_cmp(other).is_eq());
    let ties: f64 = equal.map(|group| term(group.len())).sum();
    (term(values.len()) - ties) / 18.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_manual_calculation() {
        // Ten rising values: a score of 45, a variance of 10 · 9 · 25 / 18 = 125, z = 44 / √125 = 3.9355.
        let rising: Vec<f64> = (1..=10).map(f64::from).collect();
        let trend = Trend::from_values(&rising).unwrap();
        assert!((trend.p - 8.3e-5).abs() < 1e-6, "{trend:?}");
        assert!(
            (trend.change - 3.5).abs() < 1e-9,
            "9 is 4.5 times 2: {trend:?}"
        );
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert!((Trend::from_values(&falling).unwrap().p - trend.p).abs() < 1e-12);
        // Two pairs of ties: a score of 4, a variance of (156 - 18 - 18) / 18, z = 3 / √6.667.
        let ties = Trend::from_values(&[1.0, 1.0, 2.0, 2.0]).unwrap();
        assert!((ties.p - 0.2453).abs() < 1e-3, "{ties:?}");
    }

    #[test]
    fn values_without_a_trend_have_a_high_p() {
        for steady in [
            [5.0; 12],
            [1.0, 2.0, 1.5, 1.2, 1.9, 1.1, 1.8, 1.4, 1.3, 1.7, 1.6, 1.45],
        ] {
            assert!(Trend::from_values(&steady).unwrap().p > 0.5, "{steady:?}");
        }
    }

    #[test]
    fn two_values_have_no_trend() {
        assert_eq!(Trend::from_values(&[1.0, 2.0]), None);
    }
}
