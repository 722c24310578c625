//! Ratios of a few rounds.

use super::*;
use proptest::prelude::*;

fn paired(one: &[f64], other: &[f64]) -> Option<Ratio> {
    Ratio::from_paired_rounds("async", one, other, ComparisonCount::new(3))
}

#[test]
fn slower_strategy_has_a_ratio_above_1() {
    let ratio = paired(&[40.0, 90.0], &[10.0, 10.0]).unwrap();
    assert!((ratio.ratio - 6.0).abs() < 1e-12, "{ratio:?}");
    assert_eq!(
        ratio.to_string(),
        "takes 6.00x the time of async; too few rounds for a confidence interval"
    );
    let walls: Vec<f64> = (0..10).map(|round| 30.0 + f64::from(round % 2)).collect();
    let ratio = paired(&walls, &[10.0; 10]).unwrap();
    assert_eq!(
        ratio.to_string(),
        "takes 3.05x the time of async (95% CI 3.00 to 3.10)"
    );
}

#[test]
fn difference_that_is_not_significant_states_the_detectable_one() {
    let walls: Vec<f64> = (0..10).map(|round| 10.0 + f64::from(round % 2)).collect();
    let ratio = paired(&walls, &[10.5; 10]).unwrap();
    assert_eq!(ratio.is_significant, Some(false));
    let text = ratio.to_string();
    assert!(
        text.starts_with("no significant difference from async (95% CI 0."),
        "{text}"
    );
    assert!(
        text.ends_with("; estimated detectable difference 6.3%)"),
        "{text}"
    );
}

#[test]
fn interval_needs_5_rounds_of_both() {
    let unpaired = |one: usize, other: usize| {
        let (one, other) = (vec![2.0; one], vec![1.0; other]);
        Ratio::from_unpaired_rounds("the baseline", &one, &other, ComparisonCount::ONE).unwrap()
    };
    assert_eq!(unpaired(5, 5).comparisons, Some(1));
    for (one, other) in [(4, 5), (5, 4), (1, 1)] {
        let ratio = unpaired(one, other);
        assert_eq!((ratio.ratio, ratio.confidence_interval), (2.0, None));
        assert_eq!((ratio.comparisons, ratio.is_significant), (None, None));
    }
}

#[test]
fn wall_times_of_0_have_no_ratio() {
    assert_eq!(paired(&[0.0], &[1.0]), None);
    assert_eq!(paired(&[1.0], &[0.0]), None);
    assert_eq!(paired(&[], &[]), None);
}

proptest! {
    #[test]
    fn ratio_is_the_inverse_of_the_other_direction(
        pairs in prop::collection::vec((1.0f64..1e9, 1.0f64..1e9), 1..30),
    ) {
        let (one, other): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (ratio, inverse) = (paired(&one, &other).unwrap(), paired(&other, &one).unwrap());
        let is_1 = |product: f64| (product - 1.0).abs() < 1e-9;
        prop_assert!(is_1(ratio.ratio * inverse.ratio), "{ratio:?} {inverse:?}");
        prop_assert_eq!(ratio.is_significant, inverse.is_significant);
        if let Some(([low, high], [inverse_low, inverse_high])) =
            ratio.confidence_interval.zip(inverse.confidence_interval)
        {
            prop_assert!(low <= ratio.ratio && ratio.ratio <= high);
            prop_assert!(is_1(low * inverse_high) && is_1(high * inverse_low));
        }
    }
}
