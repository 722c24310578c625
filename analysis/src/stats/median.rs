//! Medians that are values of the sample, never the mean of two.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_one_of_the_values() {
        assert_eq!(lower_median([4, 1, 3, 2], Ord::cmp), Some(2));
        assert_eq!(lower_median([1, 3, 2], Ord::cmp), Some(2));
        assert_eq!(lower_median([0; 0], Ord::cmp), None);
    }
}
