//! Where a value lies along an axis, and where ticks are.

/// The least part of the range of a logarithmic axis that a tick in 1, 2 and 5 steps would leave empty: below this ratio of
/// the ends equal steps are easier to read.
const MIN_RATIO_OF_DECADES: f64 = 4.0;

/// Quantiles that people name: the ticks of a percentile axis.
const QUANTILES: [f64; 8] = [0.0, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.99999];

/// How values become positions along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Equal differences are equally long.
    Linear {
        /// The value at the start of the axis.
        min: f64,
        /// The value at the end of the axis.
        max: f64,
    },
    /// Equal ratios are equally long.
    Log {
        /// The value at the start, above 0.
        min: f64,
        /// The value at the end, above 0.
        max: f64,
    },
    /// A quantile p at log(1 / (1 - p)): each further nine takes the same length, so that the slowest are not hidden.
    Percentile {
        /// The last quantile, below 1.
        max: f64,
    },
}

impl Scale {
    /// From 0 to a round number that is not below these values.
    pub(crate) fn from_zero(values: impl Iterator<Item = f64>) -> Scale {
        let max = finite(values).fold(0.0, f64::max);
        let max = if max > 0.0 { max } else { 1.0 };
        let step = nice_step(max / 5.0);
        Scale::Linear {
            min: 0.0,
            max: step * (max / step - 1e-9).ceil(),
        }
    }

    /// Around all these values, with a margin of 5% of the range.
    pub(crate) fn around(values: impl Iterator<Item = f64>) -> Scale {
        let (min, max) = ends(values).unwrap_or((0.0, 1.0));
        let margin = match 0.05 * (max - min) {
            0.0 => 0.05 * max.abs().max(1e-9),
            margin => margin,
        };
        Scale::Linear {
            min: min - margin,
            max: max + margin,
        }
    }

    /// Around all of these values that are above 0, with a margin of 5% of the range in logarithms, and at least of 0.5%
    /// of the values.
    pub(crate) fn log_around(values: impl Iterator<Item = f64>) -> Scale {
        let positive = values.filter(|value| *value > 0.0);
        let (min, max) = ends(positive).unwrap_or((0.5, 2.0));
        let margin = (max / min).powf(0.05).max(1.005);
        Scale::Log {
            min: min / margin,
            max: max * margin,
        }
    }

    /// Up to this quantile, which is 0 to 1; at least to 0.5.
    pub(crate) fn percentile(max: f64) -> Scale {
        Scale::Percentile {
            max: max.clamp(0.5, 0.999_999),
        }
    }

    /// The position of a value, from 0 at the start of the axis to 1 at its end; the nearer end for values beyond it.
    pub(crate) fn share(self, value: f64) -> f64 {
        let share = match self {
            Scale::Linear { min, max } => (value - min) / (max - min),
            Scale::Log { min, max } => (value / min).ln() / (max / min).ln(),
            Scale::Percentile { max } => nines(value.min(max)) / nines(max),
        };
        if share.is_nan() {
            0.0
        } else {
            share.clamp(0.0, 1.0)
        }
    }

    /// Round values within the scale, about `count` of them.
    pub(crate) fn ticks(self, count: u32) -> Vec<f64> {
        match self {
            Scale::Linear { min, max } => linear_ticks(min, max, count),
            Scale::Log { min, max } if max / min < MIN_RATIO_OF_DECADES => {
                linear_ticks(min, max, count)
            }
            Scale::Log { min, max } => log_ticks(min, max, count),
            Scale::Percentile { max } => {
                let within = QUANTILES.into_iter().filter(|quantile| *quantile <= max);
                within.collect()
            }
        }
    }
}

/// The number of nines of a quantile: 2 for 0.99.
fn nines(quantile: f64) -> f64 {
    0.0 - (1.0 - quantile).log10()
}

fn finite(values: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    values.filter(|value| value.is_finite())
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    finite(values).fold(None, |ends, value| {
        let (min, max) = ends.unwrap_or((value, value));
        Some((value.min(min), value.max(max)))
    })
}

/// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0].into_iter();
    let nice = factors
        .map(|factor| factor * power)
        .find(|nice| *nice >= step * (1.0 - 1e-9));
    nice.unwrap_or(10.0 * power)
}

fn linear_ticks(min: f64, max: f64, count: u32) -> Vec<f64> {
    let range = max - min;
    if !(range > 0.0 && range.is_finite()) {
        return vec![min];
    }
    let step = nice_step(range / f64::from(count.max(1)));
    let first = (min / step - 1e-9).ceil();
    let steps = (0..=2 * count.max(1)).map(|index| (first + f64::from(index)) * step);
    let within = steps.take_while(|tick| *tick <= max + 1e-9 * range);
    within.collect()
}

/// Of the grids with 1, 2 and 5 in each decade, with 1 and 3, and with every first, second and so on decade, the densest of
/// about `count` ticks.
fn log_ticks(min: f64, max: f64, count: u32) -> Vec<f64> {
    let [first, last] = [min, max].map(|end| end.log10().floor());
    let decades = |step: u32| {
        let count = (0..200).map(move |index| first + f64::from(index * step));
        count.take_while(move |exponent| *exponent <= last)
    };
    let grid = |factors: &[f64], step: u32| -> Vec<f64> {
        let ticks = decades(step).flat_map(|exponent| {
            let power = 10_f64.powf(exponent);
            factors.iter().map(move |factor| factor * power)
        });
        ticks.filter(|tick| (min..=max).contains(tick)).collect()
    };
    let grids = [(&[1.0, 2.0, 5.0][..], 1), (&[1.0, 3.0], 1)];
    let mut grids = grids
        .into_iter()
        .chain((1..).map(|step| (&[1.0][..], step)))
        .map(|(factors, step)| grid(factors, step));
    let is_sparse = |ticks: &Vec<f64>| ticks.len() <= count.max(2) as usize + 1;
    grids.find(is_sparse).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scale_from_zero_ends_at_a_round_number() {
        let max = |value: f64| Scale::from_zero([value].into_iter());
        for (value, end) in [(97.0, 100.0), (100.0, 100.0), (0.0, 1.0), (1234.0, 1250.0)] {
            assert_eq!(max(value), Scale::Linear { min: 0.0, max: end }, "{value}");
        }
    }

    #[test]
    fn equal_ratios_are_equally_long_on_a_logarithmic_scale() {
        let scale = Scale::Log {
            min: 0.1,
            max: 10.0,
        };
        let shares =
            [0.1, 1.0, 10.0, 1000.0].map(|value| format!("{:.0}", 100.0 * scale.share(value)));
        assert_eq!(shares, ["0", "50", "100", "100"]);
    }

    #[test]
    fn each_nine_is_equally_long_on_a_percentile_scale() {
        let scale = Scale::percentile(0.999);
        let shares =
            [0.0, 0.9, 0.99, 0.999, 1.0].map(|value| format!("{:.0}", 300.0 * scale.share(value)));
        assert_eq!(shares, ["0", "100", "200", "300", "300"]);
        assert_eq!(scale.ticks(9), [0.0, 0.5, 0.75, 0.9, 0.99, 0.999]);
    }

    #[test]
    fn ticks_are_round_numbers() {
        let linear = Scale::Linear {
            min: 0.0,
            max: 87.0,
        };
        assert_eq!(linear.ticks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        let wide = Scale::Log {
            min: 0.7,
            max: 30.0,
        };
        assert_eq!(wide.ticks(6), [1.0, 2.0, 5.0, 10.0, 20.0]);
        let narrow = Scale::Log {
            min: 0.98,
            max: 1.05,
        };
        let ticks = narrow.ticks(4).into_iter();
        let texts: Vec<_> = ticks.map(|tick| format!("{tick:.2}")).collect();
        assert_eq!(texts, ["0.98", "1.00", "1.02", "1.04"]);
    }

    proptest! {
        #[test]
        fn ticks_lie_within_the_scale_and_are_few(
            min in 1e-6f64..1e6, ratio in 1.0001f64..1e9, count in 2u32..10,
        ) {
            let max = min * ratio;
            for scale in [Scale::Linear { min, max }, Scale::Log { min, max }] {
                let ticks = scale.ticks(count);
                let margin = 1e-6 * (max - min);
                prop_assert!(ticks.len() <= 2 * count as usize + 2, "{scale:?} {ticks:?}");
                prop_assert!(ticks.iter().all(|tick| (min - margin..=max + margin).contains(tick)));
                prop_assert!(ticks.is_sorted());
            }
        }

        #[test]
        fn share_is_always_0_to_1(value in prop::num::f64::ANY, min in 1e-3f64..1e3) {
            let max = 2.0 * min;
            for scale in [Scale::Linear { min, max }, Scale::Log { min, max }, Scale::percentile(min)] {
                prop_assert!((0.0..=1.0).contains(&scale.share(value)));
            }
        }
    }
}
