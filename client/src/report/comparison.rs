//! The rows of a comparison, computed from measured runs.

use super::figures::{Quantiles, Spread, median, ratio};
use crate::measure::Measured;
use crate::outcome::Class;
use crate::record::maybe_micros;
use crate::tally::{Count, Tally};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// The strategy that speed-ups are over.
const BASELINE: &str = "sequential";

/// Strategies side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What was the same for all, to be shown in this order if order can be shown: `latency`, `50ms`.
    #[serde(serialize_with = "as_map")]
    pub conditions: Vec<(String, String)>,
    /// How often each strategy was run; the most, if they differ.
    pub rounds: usize,
    /// One a strategy, in the order in which they were first run.
    pub rows: Vec<Row>,
}

/// One strategy. Where it was run more than once, `wall`, `bound` and `efficiency` are medians over
/// the rounds, latencies and counts are of all rounds together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub strategy: String,
    /// How many lanes it had.
    pub concurrency: usize,
    /// The wall time of a round.
    #[serde(rename = "wall_us")]
    pub wall: Spread,
    /// How many times faster than sequential, by the medians; `None` if that was not run.
    pub speedup: Option<f64>,
    /// The least wall time that was possible; `None` if the server did not say what it planned.
    #[serde(rename = "bound_us", serialize_with = "maybe_micros")]
    pub bound: Option<Duration>,
    /// The bound over the wall time of the same round, 0 to 1.
    pub efficiency: Option<f64>,
    /// Latencies of a download from when it was due.
    #[serde(rename = "from_due_us")]
    pub from_due: Quantiles,
    /// Latencies of a download from when it was sent.
    #[serde(rename = "from_sent_us")]
    pub from_sent: Quantiles,
    /// Downloads.
    pub ok: u64,
    /// Flags that do not exist.
    pub not_found: u64,
    /// Failures.
    pub error: u64,
    /// Jobs that a cancelled run never started.
    pub unstarted: u64,
    /// The failures by what they were.
    pub failures: Vec<Failure>,
}

/// One kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The outcome's label: `http_500`.
    pub outcome: String,
    /// The reason that a person reads.
    pub reason: String,
    /// How many downloads failed so.
    pub count: u64,
}

impl Comparison {
    /// Compares runs of the same plan, some of one strategy or all of different ones, in the order
    /// in which they were made.
    pub fn of(conditions: Vec<(String, String)>, runs: &[Measured]) -> Comparison {
        let mut groups: Vec<Vec<&Measured>> = Vec::new();
        for run in runs {
            match groups
                .iter_mut()
                .find(|group| group[0].strategy == run.strategy)
            {
                Some(group) => group.push(run),
                None => groups.push(vec![run]),
            }
        }
        let baseline = groups.iter().find(|group| group[0].strategy == BASELINE);
        let baseline = baseline.and_then(|group| Spread::of(group.iter().map(|run| run.wall)));
        let rounds = groups.iter().map(Vec::len).max().unwrap_or(0);
        let rows = groups
            .iter()
            .filter_map(|group| Row::of(group, baseline))
            .collect();
        Comparison {
            conditions,
            rounds,
            rows,
        }
    }
}

impl Row {
    /// `None` without a run.
    fn of(rounds: &[&Measured], baseline: Option<Spread>) -> Option<Row> {
        let wall = Spread::of(rounds.iter().map(|run| run.wall))?;
        let bounds = rounds.iter().filter_map(|run| Some(run.bound?.total()));
        let mut tally = Tally::default();
        for run in rounds {
            tally += &run.tally;
        }
        Some(Row {
            strategy: rounds[0].strategy.to_owned(),
            concurrency: rounds[0].concurrency,
            wall,
            speedup: baseline.and_then(|base| ratio(base.median, wall.median)),
            bound: Spread::of(bounds).map(|bounds| bounds.median),
            efficiency: median(rounds.iter().filter_map(|run| run.efficiency())),
            from_due: Quantiles::of(&tally.from_due),
            from_sent: Quantiles::of(&tally.from_sent),
            ok: tally.ok,
            not_found: tally.not_found,
            error: tally.error,
            unstarted: tally.unstarted,
            failures: failures(&tally),
        })
    }
}

fn failures(tally: &Tally) -> Vec<Failure> {
    let errors = tally
        .outcomes
        .iter()
        .filter(|(_, count)| count.class == Class::Error);
    let failure = |(label, count): (&Cow<'static, str>, &Count)| Failure {
        outcome: label.to_string(),
        reason: count.reason.clone(),
        count: count.count,
    };
    errors.map(failure).collect()
}

fn as_map<S: serde::Serializer>(
    pairs: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let map: BTreeMap<_, _> = pairs.iter().map(|(name, value)| (name, value)).collect();
    map.serialize(serializer)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::bound::Bound;
    use crate::outcome::Outcome;
    use crate::record::tests::record;

    /// A run that took so many milliseconds, for two downloads, one of which met a 500.
    pub(crate) fn run(strategy: &'static str, wall: u64, bound: Option<u64>) -> Measured {
        let records = vec![
            record(50, Outcome::Ok, None),
            record(51, Outcome::Http(500), None),
        ];
        let mut tally = Tally::default();
        for record in &records {
            tally.record(record);
        }
        let bound = bound.map(|ms| Bound {
            longest: Duration::from_millis(ms),
            ..Bound::default()
        });
        let concurrency = if strategy == BASELINE { 1 } else { 2 };
        Measured {
            strategy,
            concurrency,
            wall: Duration::from_millis(wall),
            tally,
            records,
            bound,
        }
    }

    #[test]
    fn rounds_of_one_strategy_become_one_row_of_medians() {
        let runs = [
            run("sequential", 110, Some(100)),
            run("threads", 55, Some(50)),
            run("sequential", 100, Some(100)),
            run("threads", 50, Some(50)),
            run("sequential", 400, Some(100)),
            run("threads", 500, Some(50)),
        ];
        let comparison = Comparison::of(Vec::new(), &runs);
        assert_eq!((comparison.rounds, comparison.rows.len()), (3, 2));
        let threads = &comparison.rows[1];
        let ms = Duration::from_millis;
        assert_eq!(
            threads.wall,
            Spread {
                median: ms(55),
                min: ms(50),
                max: ms(500)
            }
        );
        assert_eq!(threads.speedup, Some(2.0));
        assert_eq!(threads.bound, Some(ms(50)));
        assert!((threads.efficiency.unwrap() - 50.0 / 55.0).abs() < 1e-9);
        assert_eq!((threads.ok, threads.not_found, threads.error), (3, 0, 3));
        assert_eq!(threads.failures[0].reason, "500 Internal Server Error");
        assert_eq!(threads.from_due.p99, Some(ms(51)));
    }

    #[test]
    fn what_is_not_known_is_not_given() {
        let comparison = Comparison::of(Vec::new(), &[run("async", 100, None)]);
        let row = &comparison.rows[0];
        assert_eq!((row.speedup, row.bound, row.efficiency), (None, None, None));
    }
}
