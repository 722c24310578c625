//! Medians that are values of the sample, never the mean of two.
//!
//! Times use the lower median. Figures that fall as times rise, such as the efficiency, use the upper median, so that
//! both figures come from the same round.

use std::cmp::Ordering;

/// The median; of an even number of values, the lower of the middle two. `None` without values.
pub(crate) fn lower_median<T: Clone>(
    values: impl IntoIterator<Item = T>,
    order: impl FnMut(&T, &T) -> Ordering,
) -> Option<T> {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_by(order);
    sorted.get(sorted.len().saturating_sub(1) / 2).cloned()
}

/// The median; of an even number of values, the upper of the middle two. `None` without values.
pub(crate) fn upper_median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_one_of_the_values() {
        assert_eq!(lower_median([4, 1, 3, 2], Ord::cmp), Some(2));
        assert_eq!(lower_median([1, 3, 2], Ord::cmp), Some(2));
        assert_eq!(lower_median([0; 0], Ord::cmp), None);
        assert_eq!(upper_median([4.0, 1.0, 3.0, 2.0]), Some(3.0));
        assert_eq!(upper_median([]), None);
    }
}
