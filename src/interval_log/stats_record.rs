//! Statistics in a log: the histograms are lines with tags, everything else is a record in a comment.

use super::tags;
use flagpole_protocol::{
    LatencyStats, LoadStats, OutcomeClass, OutcomeTimes, ResponseTimeParts, as_micros,
};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// Latencies with the tag of their line.
pub(super) type TaggedTimes<'a> = (String, Cow<'a, LatencyStats>);

/// All of [`LoadStats`] but histograms, and what those do not hold exactly. A key that is missing is 0 or empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StatsRecord {
    /// By the tag of the histogram's line; the line without a tag is that of the empty text.
    pub(super) times: BTreeMap<String, TimesRecord>,
    outcomes: BTreeMap<String, OutcomeRecord>,
    attempts: u64,
    retries: u64,
    hedges: u64,
    redirects: u64,
    connections: u64,
    bytes: u64,
    attempt_time_ns: u64,
    statuses: BTreeMap<u16, u64>,
    without_status: u64,
    out_of_ports: u64,
    out_of_descriptors: u64,
    responses_ns: Option<[u64; 2]>,
}

/// What is exact of latencies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TimesRecord {
    pub(super) count: u64,
    /// Minimum and maximum; null if the count is 0.
    range_us: Option<[u64; 2]>,
    sum_us: u64,
}

/// An outcome, whose times are lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct OutcomeRecord {
    class: OutcomeClass,
    is_unfinished: bool,
    reason: String,
}

/// The lines from which [`StatsRecord::rebuild`] makes the statistics; those without a latency are left out.
pub(super) fn exact_lines(stats: &LoadStats) -> Vec<TaggedTimes<'_>> {
    let outcomes = stats.outcomes.iter().flat_map(|(label, times)| {
        [
            (tags::response_of(label), &times.response_time),
            (tags::service_of(label), &times.service_time),
        ]
    });
    let ResponseTimeParts {
        wait,
        connect,
        first_byte,
        body,
        ..
    } = &stats.parts;
    let parts = tags::PARTS.map(str::to_owned).into_iter();
    let parts = parts.zip([wait, connect, first_byte, body]);
    let lateness = (tags::LATENESS.to_owned(), &stats.lateness);
    let lines = outcomes.chain(parts).chain([lateness]);
    lines
        .filter(|(_, times)| times.count() > 0)
        .map(|(tag, times)| (tag, Cow::Borrowed(times)))
        .collect()
}

/// The lines for other tools, which add others up: every interval has them, also without a latency.
pub(super) fn summary_lines(stats: &LoadStats) -> [TaggedTimes<'static>; 3] {
    [
        (String::new(), Cow::Owned(stats.response_time())),
        (tags::SERVICE.to_owned(), Cow::Owned(stats.service_time())),
        (
            tags::FAILED.to_owned(),
            Cow::Owned(stats.failed_response_time()),
        ),
    ]
}

impl StatsRecord {
    /// The record of these statistics, with these lines.
    pub(super) fn new(stats: &LoadStats, lines: &[TaggedTimes<'_>]) -> StatsRecord {
        let times = lines
            .iter()
            .map(|(tag, times)| (tag.clone(), TimesRecord::from(&**times)));
        let outcomes = stats.outcomes.iter().map(|(label, times)| {
            let record = OutcomeRecord {
                class: times.class,
                is_unfinished: times.is_unfinished,
                reason: times.reason.clone(),
            };
            (label.to_string(), record)
        });
        StatsRecord {
            times: times.collect(),
            outcomes: outcomes.collect(),
            attempts: stats.attempts,
            retries: stats.retries,
            hedges: stats.hedges,
            redirects: stats.redirects,
            connections: stats.connections,
            bytes: stats.bytes,
            attempt_time_ns: nanos(stats.attempt_time),
            statuses: stats.statuses.clone(),
            without_status: stats.without_status,
            out_of_ports: stats.out_of_ports,
            out_of_descriptors: stats.out_of_descriptors,
            responses_ns: stats
                .responses
                .map(|(first, last)| [nanos(first), nanos(last)]),
        }
    }

    /// The statistics. Takes the latencies that belong to them out of `times`, which has those of all lines by tag, each
    /// with the prefix.
    pub(super) fn rebuild(
        self,
        prefix: &str,
        times: &mut BTreeMap<String, LatencyStats>,
    ) -> LoadStats {
        let mut take = |tag: &str| times.remove(&format!("{prefix}{tag}")).unwrap_or_default();
        let mut stats = LoadStats::default();
        for (label, record) in self.outcomes {
            let mut outcome = OutcomeTimes::default();
            outcome.class = record.class;
            outcome.is_unfinished = record.is_unfinished;
            outcome.reason = record.reason;
            outcome.response_time = take(&tags::response_of(&label));
            outcome.service_time = take(&tags::service_of(&label));
            stats.outcomes.insert(label.into(), outcome);
        }
        let parts = &mut stats.parts;
        let fields = [
            &mut parts.wait,
            &mut parts.connect,
            &mut parts.first_byte,
            &mut parts.body,
        ];
        for (tag, field) in tags::PARTS.into_iter().zip(fields) {
            *field = take(tag);
        }
        stats.lateness = take(tags::LATENESS);
        stats.attempts = self.attempts;
        stats.retries = self.retries;
        stats.hedges = self.hedges;
        stats.redirects = self.redirects;
        stats.connections = self.connections;
        stats.bytes = self.bytes;
        stats.attempt_time = Duration::from_nanos(self.attempt_time_ns);
        stats.statuses = self.statuses;
        stats.without_status = self.without_status;
        stats.out_of_ports = self.out_of_ports;
        stats.out_of_descriptors = self.out_of_descriptors;
        let responses = self.responses_ns;
        stats.responses = responses.map(|both| both.map(Duration::from_nanos).into());
        stats
    }
}

impl TimesRecord {
    /// The latencies with this histogram; `None` if it is not that of the record.
    pub(super) fn rebuild(&self, histogram: &Histogram<u64>) -> Option<LatencyStats> {
        let range = self
            .range_us
            .map(|range| range.map(Duration::from_micros).into());
        let sum = Duration::from_micros(self.sum_us);
        let is_count = histogram.len() == self.count;
        let times = is_count.then(|| LatencyStats::from_log_histogram(histogram, range, sum));
        times.flatten()
    }
}

impl From<&LatencyStats> for TimesRecord {
    fn from(times: &LatencyStats) -> TimesRecord {
        let range = times.min().zip(times.max());
        TimesRecord {
            count: times.count(),
            range_us: range.map(|(min, max)| [as_micros(min), as_micros(max)]),
            sum_us: as_micros(times.sum()),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
