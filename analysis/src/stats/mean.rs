//! The geometric mean, the mean of times that are compared by their ratios: the ratio of two means is the mean of the
//! ratios (P. J. Fleming, J. J. Wallace, "How not to lie with statistics: the correct way to summarize benchmark
//! results", CACM 29, 1986).

/// The geometric mean of values from 0 on; 0 if one of them is 0. `None` without values.
pub(crate) fn geometric_mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let add = |(sum, count), value: f64| (sum + value.ln(), count + 1.0);
    let (sum, count) = values.into_iter().fold((0.0, 0.0), add);
    (count > 0.0).then(|| f64::exp(sum / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometric_mean_is_the_mean_of_the_logarithms() {
        let mean = geometric_mean([1.0, 10.0, 100.0]).unwrap();
        assert!((mean - 10.0).abs() < 1e-12, "{mean}");
        assert_eq!(geometric_mean([0.0, 2.0]), Some(0.0));
        assert_eq!(geometric_mean([]), None);
    }
}
