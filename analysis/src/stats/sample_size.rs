//! How many independent latencies a measurement has, and how many a percentile needs.

use flagpole_protocol::AttemptRecord;
use std::collections::BTreeSet;
use std::time::Duration;

/// The probability that a sample lies beyond the percentile.
const CONFIDENCE: f64 = 0.95;

/// The number of independent latencies in several runs of one workload.
///
/// All rounds have the same fates, and with them the same planned delays. If the planned delays differ, a latency is
/// above all its planned delay, and the same delay in another round is no new sample of the distribution of delays. If
/// all planned delays are equal, latencies differ only by the noise of the machine, which is new in each round.
pub fn effective_sample_size<'a>(records: impl Iterator<Item = &'a AttemptRecord> + Clone) -> u64 {
    let planned = |record: &AttemptRecord| -> [Duration; 2] {
        let timing = record.timing.as_ref();
        timing.map_or_else(Default::default, |timing| {
            [timing.planned_total(), timing.pause_after]
        })
    };
    let mut plans = records.clone().map(planned);
    let first = plans.next();
    if plans.all(|plan| Some(plan) == first) {
        return records.count() as u64;
    }
    let fates: BTreeSet<_> = records
        .map(|record| (record.resource, record.request_number))
        .collect();
    fates.len() as u64
}

/// The number of samples of which at least one lies beyond this quantile (0 to 1) with 95% confidence: 299 for 0.99.
/// With fewer, the largest sample is no upper limit of the quantile. S. S. Wilks, "Determination of sample sizes for
/// setting tolerance limits", Annals of Mathematical Statistics 12, 1941.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is positive; casts saturate"
)]
pub fn required_samples(quantile: f64) -> u64 {
    ((1.0 - CONFIDENCE).ln() / quantile.ln()).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::Outcome;

    /// Rounds of one workload with these delays in milliseconds.
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
    fn repeated_delays_are_no_new_samples() {
        let count = |records: &[AttemptRecord]| effective_sample_size(records.iter());
        assert_eq!(count(&rounds(15, &[10, 20, 30])), 3);
        assert_eq!(count(&rounds(15, &[20, 20, 20])), 45);
        assert_eq!(count(&[]), 0);
        let mut foreign = rounds(15, &[10, 20, 30]);
        for record in &mut foreign {
            record.timing = None;
        }
        assert_eq!(
            count(&foreign),
            45,
            "fates of an external server are unknown"
        );
        let mut paths = rounds(15, &[10, 20]);
        for (record, path) in paths.iter_mut().zip(["/a?x", "/a?y"].into_iter().cycle()) {
            (record.resource, record.request_number) = (path.parse().unwrap(), 1);
        }
        assert_eq!(count(&paths), 2, "each path has its own fate");
    }

    #[test]
    fn required_samples_match_tables_of_tolerance_limits() {
        let known = [0.5, 0.9, 0.95, 0.99, 0.999].map(required_samples);
        assert_eq!(known, [5, 29, 59, 299, 2995]);
        assert_eq!(
            [0.0, 1.0].map(required_samples),
            [0, 0],
            "every sample has a minimum and a maximum"
        );
    }
}
