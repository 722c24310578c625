//! What all the records of a run add up to: bounded however long the run, and adding across workers.

use crate::latencies::Latencies;
use crate::outcome::Class;
use crate::record::Record;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// A fold of records. Errors are in every figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Downloaded.
    pub ok: u64,
    /// Not found: 404.
    pub not_found: u64,
    /// Everything else that was attempted.
    pub error: u64,
    /// Jobs that were never started because the run was cancelled.
    pub unstarted: u64,
    /// Bytes of bodies that arrived, those of failed attempts too.
    pub bytes: u64,
    /// How often each outcome came, by its label.
    pub outcomes: BTreeMap<Cow<'static, str>, Count>,
    /// Latencies from when each attempt was due.
    pub from_due: Latencies,
    /// Latencies from when each attempt was sent.
    pub from_sent: Latencies,
}

/// How often an outcome came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub count: u64,
    /// The class in which it is counted.
    pub class: Class,
    /// The reason that a person reads. Where reasons differ under one label, the first in the order
    /// of the alphabet stands for all: thus it does not matter who counted first.
    pub reason: String,
}

impl Tally {
    /// Adds one attempt.
    pub fn record(&mut self, record: &Record) {
        let class = record.outcome.class();
        *self.class_mut(class) += 1;
        self.bytes += record.bytes;
        self.from_due.record(record.from_due());
        self.from_sent.record(record.from_sent());
        let label = record.outcome.label();
        match self.outcomes.get_mut(&label) {
            // The commonest case by far, and it has but one reason: nothing is formatted for it.
            Some(known) if class == Class::Ok => known.count += 1,
            _ => self.count(
                label,
                &Count {
                    count: 1,
                    class,
                    reason: record.outcome.to_string(),
                },
            ),
        }
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u64 {
        self.ok + self.not_found + self.error
    }

    fn class_mut(&mut self, class: Class) -> &mut u64 {
        match class {
            Class::Ok => &mut self.ok,
            Class::NotFound => &mut self.not_found,
            Class::Error => &mut self.error,
        }
    }

    fn count(&mut self, label: Cow<'static, str>, more: &Count) {
        let known = self.outcomes.entry(label).or_insert_with(|| Count {
            count: 0,
            ..more.clone()
        });
        known.count += more.count;
        if more.reason < known.reason {
            known.reason.clone_from(&more.reason);
        }
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.ok += other.ok;
        self.not_found += other.not_found;
        self.error += other.error;
        self.unstarted += other.unstarted;
        self.bytes += other.bytes;
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
    use crate::outcome::Outcome;
    use crate::record::tests::record;
    use std::time::Duration;

    fn of(records: &[Record]) -> Tally {
        let mut tally = Tally::default();
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
    fn percentiles_do_not_leave_the_errors_out() {
        let slow = record(900, Outcome::Timeout(Duration::from_millis(900)), None);
        let tally = of(&[record(1, Outcome::Ok, None), slow]);
        assert_eq!(tally.from_due.max(), Some(Duration::from_millis(900)));
        assert_eq!(tally.from_due.count(), tally.attempts());
        assert_eq!(tally.from_sent.count(), tally.attempts());
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
