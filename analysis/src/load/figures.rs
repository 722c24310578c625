//! The figures of a load run, or of a run that goes on: what conditions are judged by.

use super::latency_figures::LatencyFigures;
use flagpole_protocol::{
    LatencyStats, LoadStats, OutcomeClass, OutcomeTimes, ResponseTimeParts, as_micros,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

/// What ended within the window of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowCounts {
    /// Requests that ended.
    pub ended: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Bytes of bodies that arrived.
    pub bytes: u64,
}

impl AddAssign for WindowCounts {
    fn add_assign(&mut self, other: WindowCounts) {
        self.ended += other.ended;
        self.succeeded += other.succeeded;
        self.bytes += other.bytes;
    }
}

/// The figures of a load run. Rates count what ended within the window, in which requests start; latencies and counts are
/// of all requests that were due within it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct LoadFigures {
    /// The length of the window.
    pub window_us: u64,
    /// Arrivals per second of the schedule within the window; null in the closed model.
    pub asked_per_s: Option<f64>,
    /// Requests that ended within the window, per second.
    pub requests_per_s: f64,
    /// Requests that succeeded within the window, per second.
    pub goodput_per_s: f64,
    /// Bytes of bodies that arrived within the window, per second.
    pub bytes_per_s: f64,
    /// Requests, the unfinished ones included.
    pub requests: u64,
    /// Requests that succeeded.
    pub succeeded: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that had not ended when the run ended.
    pub unfinished: u64,
    /// Bytes of bodies that arrived.
    pub bytes: u64,
    /// Attempts: a request has more than one if it was retried, hedged or redirected.
    pub attempts: u64,
    /// Attempts because the previous one failed.
    pub retries: u64,
    /// Attempts because the previous one took long.
    pub hedges: u64,
    /// Attempts because the previous one was redirected.
    pub redirects: u64,
    /// Opened connections.
    pub connections: u64,
    /// Attempts by the status of their response.
    pub statuses: BTreeMap<u16, u64>,
    /// From when a request was due to its end: of successful requests, and of unfinished ones, which count as at least as
    /// long as they lasted.
    pub response_time: LatencyFigures,
    /// From when the last attempt of a request was sent to its end, of the same requests.
    pub service_time: LatencyFigures,
    /// Response times of failed requests.
    pub failed_response_time: LatencyFigures,
    /// How late the client itself started attempts: the time from when an attempt was due and had a slot.
    pub lateness: LatencyFigures,
    /// The parts of the response times of successful requests.
    pub parts: ResponseParts,
    /// Requests by outcome, the most frequent first.
    pub outcomes: Vec<OutcomeFigures>,
}

/// The parts of the response times of successful requests. Their means add up to the mean of the response times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct ResponseParts {
    /// From when the request was due to the start of its last attempt: the wait for a connection, the client's lateness,
    /// and earlier attempts.
    pub wait: PartFigures,
    /// Opening a connection, where one was opened.
    pub connect: PartFigures,
    /// From when the request was sent to the first byte of the response.
    pub first_byte: PartFigures,
    /// From the first byte to the last one.
    pub body: PartFigures,
}

/// A part of the response times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PartFigures {
    /// The number of requests that have this part.
    pub count: u64,
    /// The mean over all successful requests, with 0 for those that do not have the part.
    pub mean_us: f64,
    /// The part of the sum of the response times, 0 to 1.
    pub share: f64,
    /// The median of the requests that have the part; null without any.
    pub p50_us: Option<u64>,
    /// Their 99th percentile; null if they are too few.
    pub p99_us: Option<u64>,
}

/// The requests with one outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct OutcomeFigures {
    /// The label: `ok`, `http_503`, `timeout`, `cancelled`.
    pub outcome: String,
    /// The reason for people; the first in alphabetical order if there are several.
    pub reason: String,
    /// Whether it is a success.
    pub is_success: bool,
    /// Whether the run ended before the requests did, so that their times are lower bounds.
    pub is_unfinished: bool,
    /// The number of requests.
    pub count: u64,
    /// The part of all requests, 0 to 1.
    pub share: f64,
    /// From when the requests were due to their end.
    pub response_time: LatencyFigures,
    /// From when their last attempts were sent to their end.
    pub service_time: LatencyFigures,
}

impl LoadFigures {
    /// The figures of these statistics. `scheduled` is the number of arrivals that the schedule has within the window.
    pub fn new(
        stats: &LoadStats,
        window: Duration,
        in_window: WindowCounts,
        scheduled: Option<u64>,
    ) -> LoadFigures {
        let per_second = |count: u64| match window.as_secs_f64() {
            seconds if seconds > 0.0 => count as f64 / seconds,
            _ => 0.0,
        };
        let latencies = |select: fn(&OutcomeTimes) -> &LatencyStats| {
            let unfinished = merged(stats, select, |times| times.is_unfinished);
            let succeeded = merged(stats, select, |times| times.class == OutcomeClass::Ok);
            LatencyFigures::with_unfinished(&succeeded, &unfinished)
        };
        let failed = merged(
            stats,
            |times| &times.response_time,
            |times| times.class != OutcomeClass::Ok && !times.is_unfinished,
        );
        LoadFigures {
            window_us: as_micros(window),
            asked_per_s: scheduled.map(per_second),
            requests_per_s: per_second(in_window.ended),
            goodput_per_s: per_second(in_window.succeeded),
            bytes_per_s: per_second(in_window.bytes),
            requests: stats.requests(),
            succeeded: stats.successes(),
            failed: stats.failures(),
            unfinished: stats.unfinished(),
            bytes: stats.bytes,
            attempts: stats.attempts,
            retries: stats.retries,
            hedges: stats.hedges,
            redirects: stats.redirects,
            connections: stats.connections,
            statuses: stats.statuses.clone(),
            response_time: latencies(|times| &times.response_time),
            service_time: latencies(|times| &times.service_time),
            failed_response_time: LatencyFigures::new(&failed),
            lateness: LatencyFigures::new(&stats.lateness),
            parts: ResponseParts::new(&stats.parts, stats.successes()),
            outcomes: outcomes(stats),
        }
    }

    /// The number of requests that ended: that succeeded or failed.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// The part of the ended requests that failed, 0 to 1.
    pub fn error_share(&self) -> f64 {
        share(self.failed, self.ended())
    }
}

/// The latencies of all selected outcomes together.
fn merged(
    stats: &LoadStats,
    select: fn(&OutcomeTimes) -> &LatencyStats,
    is_selected: impl Fn(&OutcomeTimes) -> bool,
) -> LatencyStats {
    let mut merged = LatencyStats::default();
    for times in stats.outcomes.values().filter(|times| is_selected(times)) {
        merged += select(times);
    }
    merged
}

fn outcomes(stats: &LoadStats) -> Vec<OutcomeFigures> {
    let requests = stats.requests();
    let figures = stats.outcomes.iter().map(|(label, times)| OutcomeFigures {
        outcome: label.to_string(),
        reason: times.reason.clone(),
        is_success: times.class == OutcomeClass::Ok,
        is_unfinished: times.is_unfinished,
        count: times.count(),
        share: share(times.count(), requests),
        response_time: LatencyFigures::new(&times.response_time),
        service_time: LatencyFigures::new(&times.service_time),
    });
    let mut outcomes: Vec<_> = figures.collect();
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(outcome.count));
    outcomes
}

impl ResponseParts {
    fn new(parts: &ResponseTimeParts, requests: u64) -> ResponseParts {
        let ResponseTimeParts {
            wait,
            connect,
            first_byte,
            body,
            ..
        } = parts;
        let total = [wait, connect, first_byte, body].map(LatencyStats::sum);
        let total: f64 = total.iter().map(Duration::as_secs_f64).sum();
        let figures = |part: &LatencyStats| {
            let (sum, latencies) = (part.sum().as_secs_f64(), LatencyFigures::new(part));
            PartFigures {
                count: part.count(),
                mean_us: if requests > 0 {
                    1e6 * sum / requests as f64
                } else {
                    0.0
                },
                share: if total > 0.0 { sum / total } else { 0.0 },
                p50_us: latencies.p50.map(|one| one.us),
                p99_us: latencies.p99.map(|one| one.us),
            }
        };
        ResponseParts {
            wait: figures(wait),
            connect: figures(connect),
            first_byte: figures(first_byte),
            body: figures(body),
        }
    }

    /// The parts with their names, in the order of time.
    pub fn named(&self) -> [(&'static str, PartFigures); 4] {
        [
            ("wait", self.wait),
            ("connect", self.connect),
            ("first byte", self.first_byte),
            ("body", self.body),
        ]
    }
}

/// 0 of nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}
