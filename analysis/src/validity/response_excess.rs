//! How much longer responses took than the server says: evidence of a client that did not get its processor, where the
//! scheduler of the system reports nothing.

use super::verdict::ValidityIssue;
use crate::bound::connection_pauses::has_pauses;
use crate::human::HumanDuration;
use flagpole_protocol::{AttemptRecord, LatencyStats};
use std::time::Duration;

/// The share of the service time above which the excess is suspect, that of the server's lateness.
const SUSPECT_SHARE: f64 = 0.05;

/// The quantile of the excess of a run that takes the place of a measurement overhead that was not measured.
const USUAL: f64 = 0.1;

/// The time from when a request was sent until the first byte of its response, less what the server says that it took
/// and less what is usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseExcess {
    /// The mean.
    pub mean: Duration,
    /// What is usual: the measurement overhead, or the 10th percentile of the run.
    pub usual: Duration,
    /// The mean service time of the same attempts.
    pub service_time: Duration,
}

impl ResponseExcess {
    /// The excess of a run over the median of the measurement overhead; `None` if the server reports no delays. Where
    /// responses are followed by pauses, a request on a reused connection may wait for the end of one, so it is left out.
    pub fn from_records(
        records: &[AttemptRecord],
        overhead: Option<Duration>,
    ) -> Option<ResponseExcess> {
        let (mut all, mut count, mut service_time) = (LatencyStats::default(), 0, Duration::ZERO);
        let has_pauses = has_pauses(records);
        let excess = |record: &AttemptRecord| {
            let may_wait = has_pauses && record.reused_connection;
            let actual = record.timing.as_ref().filter(|_| !may_wait)?.actual;
            Some(record.first_byte?.saturating_sub(record.sent + actual))
        };
        for (record, excess) in records
            .iter()
            .filter_map(|record| Some((record, excess(record)?)))
        {
            all.record(excess);
            count += 1;
            service_time += record.service_time();
        }
        let usual = overhead.or_else(|| all.quantile(USUAL))?;
        let excess = records.iter().filter_map(excess);
        let sum: Duration = excess.map(|excess| excess.saturating_sub(usual)).sum();
        Some(ResponseExcess {
            mean: sum.checked_div(count)?,
            usual,
            service_time: service_time / count,
        })
    }
}

/// The responses to a strategy took longer than the server says, in the mean over its rounds.
pub(super) fn response_excess(
    name: &str,
    rounds: &[ResponseExcess],
    is_overhead_measured: bool,
) -> Option<ValidityIssue> {
    let mean = |of: fn(&ResponseExcess) -> Duration| -> Option<Duration> {
        let sum: Duration = rounds.iter().map(of).sum();
        sum.checked_div(u32::try_from(rounds.len()).ok()?)
    };
    let (excess, service_time) = (mean(|one| one.mean)?, mean(|one| one.service_time)?);
    let usual = if is_overhead_measured {
        "the measurement overhead"
    } else {
        "the 10th percentile of each run, as the measurement overhead was not measured"
    };
    let message = format!(
        "the responses to {name} took {} longer than the server says, of {} in the mean, beyond {} ({usual}): the client \
         may have waited for a processor; run on an idle machine",
        HumanDuration(excess),
        HumanDuration(service_time),
        HumanDuration(mean(|one| one.usual)?),
    );
    (excess > service_time.mul_f64(SUSPECT_SHARE))
        .then(|| ValidityIssue::suspect("response_excess", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::{Outcome, ServerTiming};

    const MS: Duration = Duration::from_millis(1);

    /// A response after 50 ms at the server, whose first byte arrived this much later.
    fn response(excess: u32) -> AttemptRecord {
        AttemptRecord {
            sent: 10 * MS,
            first_byte: Some((60 + excess) * MS),
            timing: Some(ServerTiming {
                actual: 50 * MS,
                ..ServerTiming::default()
            }),
            ..record(80, Outcome::Ok, None)
        }
    }

    #[test]
    fn excess_is_what_is_beyond_the_overhead() {
        let records = [1, 3, 5, 7].map(response);
        let excess = ResponseExcess::from_records(&records, Some(3 * MS)).unwrap();
        assert_eq!((excess.mean, excess.usual), (3 * MS / 2, 3 * MS));
        assert_eq!(excess.service_time, 70 * MS);
    }

    #[test]
    fn run_is_its_own_reference_without_an_overhead() {
        let records: Vec<_> = (1..=10).map(response).collect();
        let excess = ResponseExcess::from_records(&records, None).unwrap();
        assert_eq!((excess.mean, excess.usual), (45 * MS / 10, MS));
    }

    #[test]
    fn excess_is_unknown_without_server_timing() {
        let unknown = [record(80, Outcome::Ok, None)];
        assert_eq!(ResponseExcess::from_records(&unknown, Some(MS)), None);
    }
}
