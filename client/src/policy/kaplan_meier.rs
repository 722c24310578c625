//! How long answers take, of which some are still awaited. Those that have come are the quickest of all
//! that were asked for, so that a percentile of them alone is too early: of the first 20 answers to 32
//! requests the slowest is but the 63rd percentile. What is awaited, or was given up, has taken *at least*
//! so long, which is what Kaplan and Meier's estimator is made of ("Nonparametric Estimation from
//! Incomplete Observations", Journal of the American Statistical Association 53(282), 1958).

use flagpole_protocol::LatencyStats;
use std::time::Duration;

/// Where the percentile asked for lies beyond all answers, so many times the slowest of them stands for
/// it: more than that is no ordinary answer, however many are awaited.
const BEYOND: u32 = 2;

/// What is known of how long answers take.
#[derive(Clone, Debug, Default)]
pub struct KaplanMeier {
    answered: LatencyStats,
    given_up: LatencyStats,
}

impl KaplanMeier {
    /// An answer took so long.
    pub fn record(&mut self, took: Duration) {
        self.answered.record(took);
    }

    /// None had come after so long, and it was not waited for any more.
    pub fn record_censored(&mut self, took: Duration) {
        self.given_up.record(took);
    }

    /// How many answers have come.
    pub fn count(&self) -> u64 {
        self.answered.count()
    }

    /// The least time within which at least this share (0 to 1) of all answers come, of which some have
    /// been `awaited` for so long; `None` if none has come.
    pub fn quantile(&self, share: f64, awaited: &[Duration]) -> Option<Duration> {
        let mut incomplete: Vec<_> = self.given_up.counts().collect();
        incomplete.extend(awaited.iter().map(|&time| (time, 1)));
        incomplete.sort_unstable();
        let mut incomplete = incomplete.into_iter().peekable();
        let mut answered: Vec<_> = self.answered.counts().collect();
        answered.sort_unstable();
        let all = answered.iter().map(|(_, count)| count).sum::<u64>()
            + self.given_up.count()
            + awaited.len() as u64;
        // How many take at least as long as the answer that is looked at, and which share of all does.
        let (mut at_risk, mut surviving) = (all, 1.0);
        for (time, count) in answered {
            while let Some((_, shorter)) = incomplete.next_if(|(least, _)| *least < time) {
                at_risk -= shorter;
            }
            surviving *= 1.0 - count as f64 / at_risk as f64;
            at_risk -= count;
            // A product of many shares: what is missing of a billionth is not.
            if 1.0 - surviving >= share - 1e-9 {
                return Some(time);
            }
        }
        self.answered.max().map(|slowest| slowest * BEYOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn of(answers: impl IntoIterator<Item = u32>) -> KaplanMeier {
        let mut survival = KaplanMeier::default();
        answers.into_iter().for_each(|ms| survival.record(ms * MS));
        survival
    }

    #[test]
    fn where_all_have_come_it_is_the_percentile_of_all() {
        let survival = of(1..=20);
        for (share, ms) in [(0.0, 1), (0.05, 1), (0.5, 10), (0.951, 20), (1.0, 20)] {
            assert_eq!(survival.quantile(share, &[]), Some(ms * MS), "{share}");
        }
        assert_eq!(of([]).quantile(0.5, &[MS]), None);
    }

    #[test]
    fn what_is_awaited_makes_it_later() {
        let survival = of(1..=20);
        // 12 more have taken longer than all of these: 16 of 32 come within 16 ms.
        let slower = [25 * MS; 12];
        assert_eq!(survival.quantile(0.5, &slower), Some(16 * MS));
        assert_eq!(survival.quantile(0.625, &slower), Some(20 * MS));
        assert_eq!(survival.quantile(0.95, &slower), Some(40 * MS));
        // Those that were asked for a moment ago tell nothing.
        assert_eq!(
            survival.quantile(0.95, &[Duration::ZERO; 12]),
            survival.quantile(0.95, &[])
        );
    }

    /// The sixth of seven, by hand: of five that take 3 ms or more two end there, so 1/7 + 6/7 * 2/5.
    #[test]
    fn who_was_given_up_took_at_least_so_long() {
        let mut survival = of([1, 3, 3, 5]);
        survival.record_censored(2 * MS);
        survival.record_censored(4 * MS);
        survival.record_censored(9 * MS);
        let at = |share| survival.quantile(share, &[]);
        let within_3 = 1.0 / 7.0 + 6.0 / 7.0 * 2.0 / 5.0;
        assert_eq!(at(within_3), Some(3 * MS));
        assert_eq!(at(within_3 + 0.001), Some(5 * MS));
        // Of two that take 5 ms or more one ends there.
        assert_eq!(at(within_3 + (1.0 - within_3) / 2.0), Some(5 * MS));
        assert_eq!(at(0.9), Some(10 * MS));
    }

    #[test]
    fn many_are_as_few() {
        let survival = of((0..10_000).map(|n| n % 100 + 1));
        let p95 = survival.quantile(0.95, &[]).unwrap();
        assert!((95 * MS..95 * MS * 1001 / 1000).contains(&p95), "{p95:?}");
    }
}
