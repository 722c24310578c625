//! The shortest wall time that any strategy could need at a given concurrency.
//!
//! The bounds are those of scheduling on identical machines, P||Cmax (R. L. Graham, "Bounds on Multiprocessing
//! Timing Anomalies", SIAM Journal on Applied Mathematics 17, 1969).

use super::planned_work::PlannedWork;
use flagpole_protocol::MeasuredRun;
use std::cmp::Reverse;
use std::time::Duration;

/// A lower bound of the wall time by its terms, of which the largest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// The longest chain of requests that wait for each other, with the backoff between them.
    pub critical_path: Duration,
    /// All planned work divided by the concurrency.
    pub even_split: Duration,
    /// Of the k·c+1 longest requests one of c connections must carry k+1, which take at least as long as the k+1
    /// shortest of them; the largest such sum over all k ≥ 1.
    pub packing: Duration,
}

/// The bound divided by the wall time, 0 to 1; `None` without a bound.
pub fn efficiency(run: &MeasuredRun) -> Option<f64> {
    let bound = Bound::for_run(run)?.total();
    (!run.wall.is_zero()).then(|| bound.as_secs_f64() / run.wall.as_secs_f64())
}

impl Bound {
    /// The bound of a measured run; `None` where [`PlannedWork::from_records`] gives none.
    pub fn for_run(run: &MeasuredRun) -> Option<Bound> {
        let work = PlannedWork::from_records(&run.records, run.timeout)?;
        Some(Bound::new(&work, run.concurrency))
    }

    /// The bound of this work in any order that respects the chains. A concurrency of 0 counts as 1.
    pub fn new(work: &PlannedWork, concurrency: usize) -> Bound {
        let concurrency = concurrency.max(1);
        let mut longest_first = work.requests.clone();
        longest_first.sort_unstable_by_key(|&time| Reverse(time));
        let total: Duration = longest_first.iter().sum();
        let even_split = total.as_nanos() / concurrency as u128;
        let chains = work.chains.iter().chain(longest_first.first());
        Bound {
            critical_path: chains.max().copied().unwrap_or_default(),
            even_split: Duration::from_nanos(u64::try_from(even_split).unwrap_or(u64::MAX)),
            packing: packing(&longest_first, concurrency),
        }
    }

    /// The largest term.
    pub fn total(&self) -> Duration {
        self.critical_path.max(self.even_split).max(self.packing)
    }
}

fn packing(longest_first: &[Duration], concurrency: usize) -> Duration {
    let max = longest_first.len().saturating_sub(1) / concurrency;
    (1..=max)
        .map(|k| (k, k * concurrency + 1))
        .map(|(k, end)| longest_first[end - (k + 1)..end].iter().sum())
        .max()
        .unwrap_or_default()
}

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

    fn terms(requests: &[u64], concurrency: usize) -> Bound {
        let requests = requests.iter().map(|&ms| Duration::from_millis(ms));
        let work = PlannedWork {
            requests: requests.collect(),
            chains: Vec::new(),
        };
        Bound::new(&work, concurrency)
    }

    /// The shortest wall time of all assignments of the requests to connections.
    fn optimum(requests: &[u64], connections: &mut [u64]) -> u64 {
        let Some((request, rest)) = requests.split_first() else {
            return connections.iter().copied().max().unwrap_or(0);
        };
        let count = connections.len();
        let assign_to = |connection: usize| {
            connections[connection] += request;
            let wall = optimum(rest, connections);
            connections[connection] -= request;
            wall
        };
        (0..count).map(assign_to).min().unwrap_or(0)
    }

    #[test]
    fn bound_is_exact_in_simple_cases() {
        for (requests, concurrency, wall) in [
            (&[50; 249][..], 32, 400),
            (&[50; 20], 20, 50),
            (&[10, 20, 30], 1, 60),
            (&[10, 20, 300], 3, 300),
            (&[5, 5, 5], 2, 10),
            (&[], 5, 0),
        ] {
            let bound = terms(requests, concurrency).total();
            let wall = Duration::from_millis(wall);
            assert_eq!(bound, wall, "{requests:?} at {concurrency}");
        }
    }

    #[test]
    fn every_term_is_the_largest_somewhere() {
        let path = terms(&[100, 1, 1], 2);
        assert_eq!(path.total(), path.critical_path);
        let split = terms(&[4, 4, 3, 3, 3, 3], 2);
        assert_eq!(split.total(), split.even_split);
        let packing = terms(&[5, 5, 5], 2);
        assert_eq!(packing.total(), packing.packing);
    }

    proptest! {
        #[test]
        fn no_schedule_beats_the_bound_and_the_best_is_within_twice_of_it(
            requests in prop::collection::vec(0u64..40, 0..8), concurrency in 1usize..4,
        ) {
            let best = Duration::from_millis(optimum(&requests, &mut vec![0; concurrency]));
            let bound = terms(&requests, concurrency).total();
            prop_assert!(bound <= best && best <= 2 * bound);
        }

        #[test]
        fn higher_concurrency_never_raises_the_bound(requests in prop::collection::vec(0u64..40, 0..30)) {
            let total = |concurrency| terms(&requests, concurrency).total();
            prop_assert!((1..31).all(|c| total(c) >= total(c + 1)));
        }

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
