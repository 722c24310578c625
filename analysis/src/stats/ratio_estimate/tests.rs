//! Estimates of known and of random samples.

use super::*;
use proptest::prelude::*;

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * other.abs()
}

fn paired(one: &[f64], other: &[f64]) -> Result<RatioEstimate, SampleError> {
    RatioEstimate::paired(one, other, ComparisonCount::ONE)
}

fn unpaired(one: &[f64], other: &[f64]) -> Result<RatioEstimate, SampleError> {
    RatioEstimate::unpaired(one, other, ComparisonCount::ONE)
}

/// Natural logarithms of 1 to 5: their mean is 0.957498, its standard error 0.284208, and t at 4
/// degrees of freedom is 2.776445 (0.975) and 0.940965 (0.8), from printed tables.
#[test]
fn agrees_with_a_manual_calculation() {
    let estimate = paired(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0; 5]).unwrap();
    let (mean, error) = (0.957_498, 0.284_208);
    let near = |got: f64, expected: f64| assert!((got / expected - 1.0).abs() < 1e-5, "{got}");
    near(estimate.ratio, f64::exp(mean));
    near(estimate.low, f64::exp(mean - 2.776_445 * error));
    near(estimate.high, f64::exp(mean + 2.776_445 * error));
    near(
        estimate.minimum_detectable_effect,
        f64::exp((2.776_445 + 0.940_965) * error) - 1.0,
    );
}

/// t at 9 degrees of freedom is 2.262157 where 0.025 is above it, 2.933324 for 0.025 / 3 and 4.178622 for 0.025 / 21, by
/// numerical integration of its density.
#[test]
fn interval_widens_with_the_number_of_comparisons() {
    let noise: Vec<f64> = (1..=10).map(f64::from).collect();
    let margin = |count| {
        let estimate =
            RatioEstimate::paired(&noise, &[1.0; 10], ComparisonCount::new(count)).unwrap();
        (estimate.high / estimate.ratio).ln()
    };
    for (count, t) in [(3, 2.933_324), (21, 4.178_622)] {
        let widened = margin(count) / margin(1);
        assert!(
            (widened / (t / 2.262_157) - 1.0).abs() < 1e-3,
            "{count}: {widened}"
        );
    }
}

#[test]
fn constant_samples_have_an_exact_ratio() {
    let same = paired(&[3.0; 4], &[3.0; 4]).unwrap();
    let effect = same.minimum_detectable_effect;
    let figures = (same.low, same.ratio, same.high, effect);
    assert_eq!(figures, (1.0, 1.0, 1.0, 0.0));
    assert!(!same.is_significant());
    for compare in [paired, unpaired] {
        let twice = compare(&[6.0; 4], &[3.0; 4]).unwrap();
        assert!(
            twice.is_significant() && is_near(twice.ratio, 2.0),
            "{twice:?}"
        );
    }
}

#[test]
fn samples_without_a_ratio_are_refused() {
    let refused = |one: &[f64], other: &[f64]| paired(one, other).unwrap_err();
    assert_eq!(refused(&[1.0], &[1.0]), SampleError::TooFew(1));
    assert_eq!(refused(&[], &[]), SampleError::TooFew(0));
    assert_eq!(refused(&[1.0; 3], &[1.0; 2]), SampleError::Unpaired(3, 2));
    for bad in [0.0, -1.0, f64::INFINITY] {
        assert_eq!(
            refused(&[1.0, bad], &[1.0; 2]),
            SampleError::NotPositive(bad)
        );
        assert!(unpaired(&[1.0; 2], &[1.0, bad, 1.0]).is_err());
    }
    assert!(paired(&[1.0, f64::NAN], &[1.0; 2]).is_err());
    assert_eq!(unpaired(&[1.0; 9], &[1.0]), Err(SampleError::TooFew(1)));
}

proptest! {
    #[test]
    fn units_order_and_direction_do_not_matter(
        pairs in prop::collection::vec((1e-3f64..1e3, 1e-3f64..1e3), 2..30), scale in 1e-6f64..1e6,
    ) {
        let (one, other): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        for compare in [paired, unpaired] {
            let estimate = compare(&one, &other).unwrap();
            let scaled = |values: &[f64]| values.iter().map(|x| x * scale).collect::<Vec<_>>();
            let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
            let swapped = compare(&other, &one).unwrap();
            let swapped = RatioEstimate {
                ratio: 1.0 / swapped.ratio,
                low: 1.0 / swapped.high,
                high: 1.0 / swapped.low,
                ..swapped
            };
            let others = [
                swapped,
                compare(&scaled(&one), &scaled(&other)).unwrap(),
                compare(&reversed(&one), &reversed(&other)).unwrap(),
            ];
            for again in others {
                prop_assert!(is_near(again.ratio, estimate.ratio), "{again:?} {estimate:?}");
                prop_assert!(is_near(again.low, estimate.low), "{again:?} {estimate:?}");
                prop_assert!(is_near(again.high, estimate.high), "{again:?} {estimate:?}");
            }
            prop_assert!(estimate.low <= estimate.ratio && estimate.ratio <= estimate.high);
        }
    }
}
