//! What all the records of a run add up to: bounded however long the run, and adding across workers.

use crate::LatencyStats;
use crate::OutcomeClass;
use crate::{AttemptKind, AttemptRecord};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

/// A fold of records: downloads by how they ended, attempts and what they cost. Errors are in every
/// figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunStats {
    /// Downloads: done.
    pub ok: u64,
    /// Downloads: not found, 404.
    pub not_found: u64,
    /// Downloads: ended in any other way.
    pub error: u64,
    /// Downloads of which an attempt was made, whatever it came to.
    pub begun: u64,
    /// Downloads that were left because the run was cancelled: not begun, or between two attempts.
    pub unstarted: u64,
    /// Attempts that were made because one before had failed.
    pub retries: u64,
    /// Attempts that were made because one before took long.
    pub hedges: u64,
    /// Attempts that were made because one before was redirected.
    pub redirects: u64,
    /// Time spent in back-off, of all downloads together.
    pub backoff: Duration,
    /// Bytes of bodies that arrived, those of failed attempts too.
    pub bytes: u64,
    /// Those of them that came to nothing: with attempts that failed, lost against a hedge or were
    /// redirected, or in starts of bodies that were dropped. What is in a start that was gone on with, or is
    /// kept for the next run, is none of them, and neither is a flag whose name never came.
    pub wasted: u64,
    /// How often each outcome came, by its label.
    pub outcomes: BTreeMap<Cow<'static, str>, OutcomeCount>,
    /// LatencyStats from when each attempt was due.
    pub from_due: LatencyStats,
    /// LatencyStats from when each attempt was sent.
    pub from_sent: LatencyStats,
}

/// How often an outcome came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeCount {
    /// How many attempts ended so.
    pub count: u64,
    /// How many downloads did.
    pub downloads: u64,
    /// The class in which it is counted.
    pub class: OutcomeClass,
    /// The reason that a person reads. Where reasons differ under one label, the first in the order
    /// of the alphabet stands for all: thus it does not matter who counted first.
    pub reason: String,
}

impl RunStats {
    /// Adds one attempt.
    pub fn record(&mut self, record: &AttemptRecord) {
        let class = record.outcome.class();
        if record.decides {
            *self.class_mut(class) += 1;
        }
        self.begun += u64::from(record.attempt == 0);
        if let Some(kind) = self.kind_mut(record.kind) {
            *kind += 1;
        }
        self.backoff += record.backoff;
        self.bytes += record.bytes;
        self.wasted += record.wasted;
        self.from_due.record(record.from_due());
        self.from_sent.record(record.from_sent());
        let (label, downloads) = (record.outcome.label(), u64::from(record.decides));
        match self.outcomes.get_mut(&label) {
            // The commonest case by far, and it has but one reason: nothing is formatted for it.
            Some(known) if class == OutcomeClass::Ok => {
                known.count += 1;
                known.downloads += downloads;
            }
            _ => self.count(
                label,
                &OutcomeCount {
                    count: 1,
                    downloads,
                    class,
                    reason: record.outcome.to_string(),
                },
            ),
        }
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u64 {
        self.from_due.count()
    }

    /// How many downloads came to an end.
    pub fn downloads(&self) -> u64 {
        self.ok + self.not_found + self.error
    }

    /// How many downloads were left between two attempts, because the run was cancelled.
    pub fn unfinished(&self) -> u64 {
        self.begun.saturating_sub(self.downloads())
    }

    /// Both together.
    pub fn plus(mut self, other: &RunStats) -> RunStats {
        self += other;
        self
    }

    /// Says that it is the whole of a plan of so many jobs: what has no end was left.
    pub fn of_jobs(self, jobs: usize) -> RunStats {
        RunStats {
            unstarted: jobs as u64 - self.downloads(),
            ..self
        }
    }

    fn kind_mut(&mut self, kind: AttemptKind) -> Option<&mut u64> {
        match kind {
            AttemptKind::First | AttemptKind::Metadata => None,
            AttemptKind::Retry => Some(&mut self.retries),
            AttemptKind::Hedge => Some(&mut self.hedges),
            AttemptKind::Redirect => Some(&mut self.redirects),
        }
    }

    fn class_mut(&mut self, class: OutcomeClass) -> &mut u64 {
        match class {
            OutcomeClass::Ok => &mut self.ok,
            OutcomeClass::NotFound => &mut self.not_found,
            // A step decides nothing; if it did, it would be none.
            OutcomeClass::Error | OutcomeClass::Step => &mut self.error,
        }
    }

    fn count(&mut self, label: Cow<'static, str>, more: &OutcomeCount) {
        let known = self.outcomes.entry(label).or_insert_with(|| OutcomeCount {
            count: 0,
            downloads: 0,
            ..more.clone()
        });
        known.count += more.count;
        known.downloads += more.downloads;
        if more.reason < known.reason {
            known.reason.clone_from(&more.reason);
        }
    }
}

impl AddAssign<&RunStats> for RunStats {
    fn add_assign(&mut self, other: &RunStats) {
        self.ok += other.ok;
        self.not_found += other.not_found;
        self.error += other.error;
        self.begun += other.begun;
        self.unstarted += other.unstarted;
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.redirects += other.redirects;
        self.backoff += other.backoff;
        self.bytes += other.bytes;
        self.wasted += other.wasted;
        for (label, count) in &other.outcomes {
            self.count(label.clone(), count);
        }
        self.from_due += &other.from_due;
        self.from_sent += &other.from_sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::TimeoutKind;
    use crate::record::attempt_record::tests::record;

    fn of(records: &[AttemptRecord]) -> RunStats {
        let mut tally = RunStats::default();
        for record in records {
            tally.record(record);
        }
        tally
    }

    #[test]
    fn a_500_is_an_error_and_not_a_success() {
        let tally = of(&[
            record(1, Outcome::Ok, None),
            record(1, Outcome::NotFound, None),
            record(1, Outcome::Http(500), None),
            record(1, Outcome::Reset, None),
        ]);
        assert_eq!(
            (tally.ok, tally.not_found, tally.error, tally.attempts()),
            (1, 1, 2, 4)
        );
        assert_eq!(tally.bytes, 40);
        assert_eq!(
            tally.outcomes["http_500"].reason,
            "500 Internal Server Error"
        );
    }

    #[test]
    fn a_download_is_counted_once_however_many_attempts_it_takes() {
        let failed = AttemptRecord {
            decides: false,
            wasted: 10,
            ..record(1, Outcome::Http(503), None)
        };
        let retry = AttemptRecord {
            attempt: 1,
            kind: AttemptKind::Retry,
            backoff: Duration::from_millis(7),
            ..record(1, Outcome::Ok, None)
        };
        let tally = of(&[failed, retry]);
        assert_eq!((tally.ok, tally.error, tally.attempts()), (1, 0, 2));
        assert_eq!((tally.retries, tally.bytes, tally.wasted), (1, 20, 10));
        assert_eq!(tally.backoff, Duration::from_millis(7));
        let count = &tally.outcomes["http_503"];
        assert_eq!((count.count, count.downloads), (1, 0));
        assert_eq!((tally.begun, tally.unfinished()), (1, 0));
        assert_eq!(tally.of_jobs(3).unstarted, 2);
    }

    #[test]
    fn a_download_between_two_attempts_is_begun_and_not_finished() {
        let waits = AttemptRecord {
            decides: false,
            ..record(1, Outcome::Http(503), None)
        };
        let tally = of(&[waits, record(1, Outcome::Ok, None)]).of_jobs(5);
        assert_eq!((tally.begun, tally.unfinished()), (2, 1));
        assert_eq!((tally.downloads(), tally.unstarted), (1, 4));
    }

    #[test]
    fn percentiles_do_not_leave_the_errors_out() {
        let slow = record(
            900,
            Outcome::Timeout(TimeoutKind::Whole, Duration::from_millis(900)),
            None,
        );
        let tally = of(&[record(1, Outcome::Ok, None), slow]);
        assert_eq!(tally.from_due.max(), Some(Duration::from_millis(900)));
        assert_eq!(tally.from_due.count(), tally.attempts());
        assert_eq!(tally.from_sent.count(), tally.attempts());
    }

    /// A distribution with a long tail of which every percentile is known: of 10,000,000 attempts the one
    /// of rank r, the fastest being 1, took 10^10 us / (10,000,001 - r). Half took up to 2 ms, 99.9% up
    /// to 1 s, the slowest 10,000 s.
    #[test]
    fn ten_million_attempts_take_no_room_and_their_percentiles_stay_within_a_thousandth() {
        const ATTEMPTS: u64 = 10_000_000;
        let micros = |behind: u64| ATTEMPTS * 1000 / behind;
        let mut attempt = record(0, Outcome::Ok, None);
        let mut tally = RunStats::default();
        let mut room = 0;
        for n in 0..ATTEMPTS {
            // A permutation, as the factor is prime to 10, and the slowest first: all the room is made.
            attempt.done = Duration::from_micros(micros(1 + n * 7_368_787 % ATTEMPTS));
            tally.record(&attempt);
            if n == 1000 {
                room = tally.from_due.room() + tally.from_sent.room();
            }
        }
        assert_eq!((tally.attempts(), tally.ok), (ATTEMPTS, ATTEMPTS));
        assert_eq!(tally.from_due.room() + tally.from_sent.room(), room);
        assert_eq!(tally.outcomes.len(), 1);
        for per_million in [
            0, 1, 250_000, 500_000, 900_000, 990_000, 999_000, 999_999, 1_000_000,
        ] {
            let rank = (ATTEMPTS / 1_000_000 * per_million).max(1);
            let exact = micros(ATTEMPTS + 1 - rank) as f64;
            for latencies in [&tally.from_due, &tally.from_sent] {
                let got = latencies.quantile(per_million as f64 / 1e6).unwrap();
                let off = got.as_secs_f64() * 1e6 / exact - 1.0;
                assert!(off.abs() <= 0.001, "{per_million}: {got:?}, off by {off}");
            }
        }
    }

    #[test]
    fn tallies_add_whoever_counted_first() {
        let records = [
            record(1, Outcome::Ok, None),
            record(2, Outcome::Save("b".into()), None),
            record(3, Outcome::Save("a".into()), None),
            record(4, Outcome::Ok, None),
        ];
        for at in 0..=records.len() {
            let mut forward = of(&records[..at]);
            forward += &of(&records[at..]);
            let mut backward = of(&records[at..]);
            backward += &of(&records[..at]);
            assert_eq!(forward, of(&records));
            assert_eq!(backward, of(&records));
        }
    }
}
