//! The concurrency above which the lower bound no longer falls.

use super::lower_bound::Bound;
use super::planned_work::PlannedWork;
use std::time::Duration;

/// The lowest concurrency, at least 1, above which the bound no longer falls; `floor` is a bound that does not depend
/// on the concurrency. Bisection finds it, because the bound never rises with the concurrency.
pub(super) fn max_useful_concurrency(work: &PlannedWork, floor: Duration) -> usize {
    let total = |concurrency| Bound::new(work, concurrency).total().max(floor);
    let max = work.requests.len().max(1);
    let lowest = total(max);
    let (mut too_low, mut enough) = (0, max);
    while enough - too_low > 1 {
        let middle = too_low.midpoint(enough);
        if total(middle) > lowest {
            too_low = middle;
        } else {
            enough = middle;
        }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bisection_agrees_with_a_linear_search(
            times in prop::collection::vec(0u64..40, 0..20), floor in 0u64..60, chain in 0u64..80,
        ) {
            let ms = |ms: &u64| Duration::from_millis(*ms);
            let work = PlannedWork { requests: times.iter().map(ms).collect(), chains: vec![ms(&chain)] };
            let total = |concurrency| Bound::new(&work, concurrency).total().max(ms(&floor));
            let lowest = total(1000);
            let found = (1..1000).find(|&concurrency| total(concurrency) == lowest);
            prop_assert_eq!(Some(max_useful_concurrency(&work, ms(&floor))), found);
        }
    }
}
