//! A second of a load run.

use flagpole_protocol::{LatencyStats, LoadStats, OutcomeClass, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What happened in a second of a load run, or in the part of a second at its end. Times count from the end of the warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSecond {
    /// The start.
    pub start_us: u64,
    /// The length.
    pub length_us: u64,
    /// In the open model, the number of scheduled arrivals; null in the closed one.
    pub due: Option<u64>,
    /// Requests that ended, the unfinished ones not included.
    pub ended: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests that failed, by the label of their outcome.
    pub failed: BTreeMap<String, u64>,
    /// Bytes of bodies that arrived.
    pub bytes: u64,
    /// Attempts in flight at its end.
    pub in_flight: u64,
    /// Arrivals that are due and wait for a slot at its end.
    pub queued: u64,
    /// The median response time of the successful requests; null without any.
    pub p50_us: Option<u64>,
    /// The 90th percentile of the sample, however small it is.
    pub p90_us: Option<u64>,
    /// The 99th percentile of the sample, however small it is.
    pub p99_us: Option<u64>,
    /// The largest response time.
    pub max_us: Option<u64>,
    /// When the first attempt with a response ended.
    pub first_response_us: Option<u64>,
    /// When the last attempt with a response ended.
    pub last_response_us: Option<u64>,
}

/// Whether there are times of at least a second without any entry: the processes of a merged load did not run together.
pub(crate) fn have_gaps(seconds: &[LoadSecond]) -> bool {
    seconds.windows(2).any(|pair| {
        let end = pair[0].start_us.saturating_add(pair[0].length_us);
        pair[1].start_us >= end.saturating_add(1_000_000)
    })
}

impl LoadSecond {
    /// The second with these statistics, in which attempts count where they ended. `start` counts from the end of the
    /// warm-up, which ended at `warm_up` of the run's clock. The caller sets `due`, `in_flight` and `queued`.
    pub fn new(
        start: Duration,
        length: Duration,
        warm_up: Duration,
        stats: &LoadStats,
    ) -> LoadSecond {
        let (mut failed, mut times) = (BTreeMap::new(), LatencyStats::default());
        for (label, outcome) in &stats.outcomes {
            if outcome.class == OutcomeClass::Ok {
                times += &outcome.response_time;
            } else if !outcome.is_unfinished {
                failed.insert(label.to_string(), outcome.count());
            }
        }
        let quantile = |quantile| times.quantile(quantile).map(as_micros);
        let since_warm_up = |at: Duration| as_micros(at.saturating_sub(warm_up));
        LoadSecond {
            start_us: as_micros(start),
            length_us: as_micros(length),
            ended: times.count() + failed.values().sum::<u64>(),
            succeeded: times.count(),
            failed,
            bytes: stats.bytes,
            p50_us: quantile(0.5),
            p90_us: quantile(0.9),
            p99_us: quantile(0.99),
            max_us: times.max().map(as_micros),
            first_response_us: stats.responses.map(|(first, _)| since_warm_up(first)),
            last_response_us: stats.responses.map(|(_, last)| since_warm_up(last)),
            ..LoadSecond::default()
        }
    }

    /// The number of requests that failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}
