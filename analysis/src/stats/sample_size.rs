//! How many latencies there are that do not tell the same thing again, and how many a percentile needs.

use flagpole_protocol::AttemptRecord;
use flagpole_protocol::ServerTiming;
use std::collections::BTreeSet;
use std::time::Duration;

/// How sure it is to be that some sample lies beyond a percentile.
const SURE: f64 = 0.95;

/// How many independent latencies there are in several runs of one plan.
///
/// All rounds meet the same fates: where fates differ, a latency is above all the delay that was drawn for
/// it, and to meet the same delay once more tells nothing new about their distribution. Where all are the
/// same, what is left is what the machine does, and that is another thing each time.
pub fn independent<'a>(records: impl Iterator<Item = &'a AttemptRecord> + Clone) -> u64 {
    let planned = |record: &AttemptRecord| -> (Duration, Duration) {
        let timing = record.timing.as_ref();
        timing.map_or_else(
            Default::default,
            |ServerTiming { planned, paced, .. }| (*planned, *paced),
        )
    };
    let mut plans = records.clone().map(planned);
    let first = plans.next();
    if plans.all(|plan| Some(plan) == first) {
        return records.count() as u64;
    }
    let fates: BTreeSet<_> = records
        .map(|record| (record.resource.index(), record.request_number))
        .collect();
    fates.len() as u64
}

/// So many samples are needed for one to lie beyond the percentile, 19 times in 20: with fewer, the
/// largest of them is not even an upper limit of it. 299 for the 99th. S. S. Wilks, "Determination of
/// sample sizes for setting tolerance limits", Annals of Mathematical Statistics 12, 1941.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive float becomes the nearest integer there is"
)]
pub fn needed(percentile: f64) -> u64 {
    ((1.0 - SURE).ln() / percentile.ln()).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_records::record;
    use flagpole_protocol::Outcome;

    /// So many rounds of one plan, of which the requests are delayed so.
    fn rounds(count: usize, delays: &[u64]) -> Vec<AttemptRecord> {
        let round = delays
            .iter()
            .zip(0..)
            .map(|(&delay, request_number)| AttemptRecord {
                request_number,
                ..record(delay, Outcome::Ok, Some(delay))
            });
        let round: Vec<_> = round.collect();
        vec![round; count].concat()
    }

    #[test]
    fn the_same_delays_once_more_are_no_more_samples() {
        let count = |records: &[AttemptRecord]| independent(records.iter());
        assert_eq!(count(&rounds(15, &[10, 20, 30])), 3);
        assert_eq!(count(&rounds(15, &[20, 20, 20])), 45);
        assert_eq!(count(&[]), 0);
        let mut foreign = rounds(15, &[10, 20, 30]);
        for record in &mut foreign {
            record.timing = None;
        }
        assert_eq!(count(&foreign), 45, "nothing is known of its fates");
    }

    #[test]
    fn as_tables_of_tolerance_limits_have_it() {
        let known = [0.5, 0.9, 0.95, 0.99, 0.999].map(needed);
        assert_eq!(known, [5, 29, 59, 299, 2995]);
        assert_eq!(
            [0.0, 1.0].map(needed),
            [0, 0],
            "the extremes are always there"
        );
    }
}
