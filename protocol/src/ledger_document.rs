//! The JSON document of a ledger: what `flagpole serve --format json` prints at its end.

use crate::ledger::Ledger;
use crate::micros::as_micros;
use crate::record::latency_stats::LatencyStats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All counts of a [`Ledger`]. Keys that are unknown are ignored when it is read, and counts that
/// are missing are 0: later versions may count more.
///
/// ```
/// use flagpole_protocol::{Cause, Ledger, LedgerDocument};
///
/// let mut ledger = Ledger::default();
/// ledger.count_request(&Cause::Clean);
/// let document = LedgerDocument::from(&ledger);
/// assert_eq!((document.requests, document.by_cause["clean"]), (1, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerDocument {
    /// Requests of which the head was parsed.
    pub requests: u64,
    /// Requests whose response has not ended.
    pub in_progress: u64,
    /// Responses written to their last byte.
    pub completed: u64,
    /// Responses that ended before their last byte because the peer left.
    pub aborted: u64,
    /// Responses that ended before their last byte because of a fault.
    pub ended_by_fault: u64,
    /// Responses that ended before their last byte because the server stopped.
    pub ended_by_stop: u64,
    /// Responses that ended before their last byte because the peer did not read them in time.
    pub timed_out: u64,
    /// Responses that were started, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by the label of their cause: `clean`, `delay`, `fault 404`.
    pub by_cause: BTreeMap<String, u64>,
    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub peak_concurrency: u64,
    /// Accepted connections.
    pub connections: u64,
    /// Responses to what was no valid request, by status.
    pub protocol_errors: BTreeMap<u16, u64>,
    /// Connections that were broken off: reset by the peer, or closed within a request.
    pub connection_errors: u64,
    /// Failures to accept a connection.
    pub accept_errors: u64,
    /// How often each limit on connections and requests was reached, by its label: `head size`.
    pub limits_reached: BTreeMap<String, u64>,
    /// The lateness of delayed responses.
    pub lateness: LatenessSummary,
    /// Delayed responses whose first write returned before they were due; above 0 only if the server has a defect.
    pub early_responses: u64,
}

/// The lateness of delayed responses: the time from when a response was due until its first write returned. In whole
/// microseconds; `None` without delayed responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LatenessSummary {
    /// The number of delayed responses.
    pub count: u64,
    /// The median.
    pub p50_us: Option<u64>,
    /// The 90th percentile.
    pub p90_us: Option<u64>,
    /// The 99th percentile.
    pub p99_us: Option<u64>,
    /// The exact maximum.
    pub max_us: Option<u64>,
    /// The number of delayed responses by their lateness in microseconds, from which summaries can be added up; each is
    /// within 0.1%. Absent unless it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram_us: Option<BTreeMap<u64, u64>>,
}

impl From<&Ledger> for LedgerDocument {
    fn from(ledger: &Ledger) -> LedgerDocument {
        let causes = ledger.by_cause.iter();
        let limits = ledger.limits_reached.iter();
        LedgerDocument {
            requests: ledger.requests,
            in_progress: ledger.in_progress(),
            completed: ledger.completed,
            aborted: ledger.aborted,
            ended_by_fault: ledger.ended_by_fault,
            ended_by_stop: ledger.ended_by_stop,
            timed_out: ledger.timed_out,
            by_status: ledger.by_status.clone(),
            by_cause: causes.map(|(cause, &n)| (cause.to_string(), n)).collect(),
            peak_concurrency: ledger.peak_concurrency,
            connections: ledger.connections,
            protocol_errors: ledger.protocol_errors.clone(),
            connection_errors: ledger.connection_errors,
            accept_errors: ledger.accept_errors,
            limits_reached: limits.map(|(limit, &n)| (limit.to_string(), n)).collect(),
            lateness: LatenessSummary::from(&ledger.lateness),
            early_responses: ledger.early_responses,
        }
    }
}

impl From<&LatencyStats> for LatenessSummary {
    fn from(lateness: &LatencyStats) -> LatenessSummary {
        let quantile_us = |quantile| lateness.quantile(quantile).map(as_micros);
        LatenessSummary {
            count: lateness.count(),
            p50_us: quantile_us(0.5),
            p90_us: quantile_us(0.9),
            p99_us: quantile_us(0.99),
            max_us: lateness.max().map(as_micros),
            histogram_us: None,
        }
    }
}

impl LatenessSummary {
    /// Adds the histogram.
    pub fn with_histogram(mut self, lateness: &LatencyStats) -> LatenessSummary {
        let mut histogram = BTreeMap::new();
        for (latency, count) in lateness.counts() {
            *histogram.entry(as_micros(latency)).or_default() += count;
        }
        self.histogram_us = Some(histogram);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::server_limit::ServerLimit;
    use std::time::Duration;

    #[test]
    fn document_round_trips_as_json() {
        let mut ledger = Ledger::default();
        ledger.count_request(&Cause::Fault("503".into()));
        ledger.count_response(503);
        ledger.count_limit(ServerLimit::HeadSize);
        ledger.lateness.record(Duration::from_micros(40));
        let document = LedgerDocument::from(&ledger);
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(
            json,
            r#"{"requests":1,"in_progress":1,"completed":0,"aborted":0,"ended_by_fault":0,"ended_by_stop":0,"#.to_owned()
                + r#""timed_out":0,"by_status":{"503":1},"by_cause":{"fault 503":1},"peak_concurrency":0,"#
                + r#""connections":0,"protocol_errors":{},"connection_errors":0,"accept_errors":0,"limits_reached":{"head size":1},"#
                + r#""lateness":{"count":1,"p50_us":40,"p90_us":40,"p99_us":40,"max_us":40},"early_responses":0}"#
        );
        assert_eq!(
            serde_json::from_str::<LedgerDocument>(&json).unwrap(),
            document
        );
    }

    #[test]
    fn lateness_without_delayed_responses_is_null() {
        let json = serde_json::to_value(LedgerDocument::from(&Ledger::default())).unwrap();
        assert_eq!(json["lateness"]["count"], 0);
        assert!(json["lateness"]["p50_us"].is_null() && json["lateness"]["max_us"].is_null());
    }

    #[test]
    fn histogram_round_trips_and_counts_every_response() {
        let mut lateness = LatencyStats::default();
        for micros in [40, 40, 7] {
            lateness.record(Duration::from_micros(micros));
        }
        let summary = LatenessSummary::from(&lateness).with_histogram(&lateness);
        let json = serde_json::to_string(&summary).unwrap();
        assert!(
            json.ends_with(r#","histogram_us":{"7":1,"40":2}}"#),
            "{json}"
        );
        assert_eq!(
            serde_json::from_str::<LatenessSummary>(&json).unwrap(),
            summary
        );
    }

    #[test]
    fn counts_of_other_versions_are_ignored_or_0() {
        let read: LedgerDocument =
            serde_json::from_str(r#"{"requests":2,"more":{"a":1}}"#).unwrap();
        assert_eq!(
            (read.requests, read.completed, read.lateness.count),
            (2, 0, 0)
        );
    }
}
