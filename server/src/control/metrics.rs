//! The counts of the servers as OpenMetrics: `GET /metrics`. They are read from the ledgers when they are asked for, so
//! requests pay nothing for them. A reset sets them to 0, which Prometheus takes for a restart.

use super::state::ControlState;
use crate::server_control::ServerControl;
use axum::response::{IntoResponse as _, Response};
use flagpole_protocol::{LatencyStats, Ledger};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{Display, Error};

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the buckets of the lateness, in seconds.
const LATENESS_BUCKETS: [f64; 11] = [
    0.0001,
    0.000_25,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.1,
    1.0,
    f64::INFINITY,
];

/// The counts of all servers at one time.
#[derive(Debug)]
struct Snapshot(Vec<ServerCounts>);

#[derive(Debug)]
struct ServerCounts {
    /// The name of the listener, or its port.
    listener: String,
    ledger: Ledger,
    open_connections: usize,
}

/// A metric whose value is a whole number for each value of a label, besides the label `listener`.
struct Family {
    name: &'static str,
    help: &'static str,
    metric_type: MetricType,
    /// Empty for a metric with one value for each listener.
    label: &'static str,
    values: fn(&ServerCounts) -> Vec<(String, u64)>,
}

const FAMILIES: [Family; 13] = [
    counter("requests", "Requests whose head was parsed", "", |counts| {
        one(counts.ledger.requests)
    }),
    counter(
        "requests_by_cause",
        "Requests by why their response was as it was",
        "cause",
        |counts| each(&counts.ledger.by_cause),
    ),
    counter(
        "responses",
        "Responses that were started",
        "status",
        |counts| each(&counts.ledger.by_status),
    ),
    counter(
        "response_ends",
        "Responses by how they ended",
        "end",
        |counts| ends(&counts.ledger),
    ),
    counter(
        "early_responses",
        "Delayed responses that came before they were due",
        "",
        |counts| one(counts.ledger.early_responses),
    ),
    counter("connections", "Accepted connections", "", |counts| {
        one(counts.ledger.connections)
    }),
    counter(
        "protocol_errors",
        "Responses to what was no valid request",
        "status",
        |counts| each(&counts.ledger.protocol_errors),
    ),
    counter(
        "connection_errors",
        "Connections that were broken off",
        "",
        |counts| one(counts.ledger.connection_errors),
    ),
    counter(
        "accept_errors",
        "Failures to accept a connection",
        "",
        |counts| one(counts.ledger.accept_errors),
    ),
    counter(
        "limits_reached",
        "How often a limit was reached",
        "limit",
        |counts| each(&counts.ledger.limits_reached),
    ),
    gauge(
        "requests_in_progress",
        "Requests whose response has not ended",
        |counts| one(counts.ledger.in_progress()),
    ),
    gauge("open_connections", "Open connections", |counts| {
        one(counts.open_connections as u64)
    }),
    gauge(
        "peak_concurrency",
        "Most requests in service at a time, with a concurrency limit",
        |counts| one(counts.ledger.peak_concurrency),
    ),
];

const fn counter(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    values: fn(&ServerCounts) -> Vec<(String, u64)>,
) -> Family {
    Family {
        name,
        help,
        metric_type: MetricType::Counter,
        label,
        values,
    }
}

const fn gauge(
    name: &'static str,
    help: &'static str,
    values: fn(&ServerCounts) -> Vec<(String, u64)>,
) -> Family {
    Family {
        metric_type: MetricType::Gauge,
        ..counter(name, help, "", values)
    }
}

fn one(value: u64) -> Vec<(String, u64)> {
    vec![(String::new(), value)]
}

fn each<'a, K: Display + 'a>(
    counts: impl IntoIterator<Item = (&'a K, &'a u64)>,
) -> Vec<(String, u64)> {
    let counts = counts.into_iter();
    counts
        .map(|(key, &count)| (key.to_string(), count))
        .collect()
}

/// With the names that the journal has.
fn ends(ledger: &Ledger) -> Vec<(String, u64)> {
    let ends = [
        ("completed", ledger.completed),
        ("peer left", ledger.aborted),
        ("fault", ledger.ended_by_fault),
        ("server stopped", ledger.ended_by_stop),
        ("timed out", ledger.timed_out),
    ];
    ends.map(|(end, count)| (end.to_owned(), count)).into()
}

/// The metrics at the moment.
pub(super) fn read(state: &ControlState) -> Response {
    let counts = |server: &ServerControl| ServerCounts {
        listener: server
            .name()
            .unwrap_or_else(|| server.addr().port().to_string()),
        ledger: server.ledger(),
        open_connections: server.open_connections(),
    };
    let snapshot = Snapshot(state.servers.servers().iter().map(counts).collect());
    let mut registry = Registry::with_prefix("flagpole");
    registry.register_collector(Box::new(snapshot));
    let mut body = String::new();
    encode(&mut body, &registry).expect("writing to a String cannot fail");
    ([(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], body).into_response()
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        for family in &FAMILIES {
            self.encode_family(family, &mut encoder)?;
        }
        self.encode_lateness(&mut encoder)?;
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let help = "The version of flagpole";
        let mut metric = encoder.encode_descriptor("build", help, None, MetricType::Info)?;
        metric.encode_info(&version)
    }
}

impl Snapshot {
    fn encode_family(
        &self,
        family: &Family,
        encoder: &mut DescriptorEncoder<'_>,
    ) -> Result<(), Error> {
        let metric_type = family.metric_type;
        let mut metric = encoder.encode_descriptor(family.name, family.help, None, metric_type)?;
        for counts in &self.0 {
            for (value_of_label, value) in (family.values)(counts) {
                let mut labels = vec![("listener", counts.listener.as_str())];
                if !family.label.is_empty() {
                    labels.push((family.label, &value_of_label));
                }
                let mut metric = metric.encode_family(&labels)?;
                match metric_type {
                    MetricType::Gauge => metric.encode_gauge(&value)?,
                    _ => metric.encode_counter::<NoLabelSet, _, u64>(&value, None)?,
                }
            }
        }
        Ok(())
    }

    fn encode_lateness(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
        let help = "The time from when a response was due until its first write returned";
        let unit = Unit::Seconds;
        let metric_type = MetricType::Histogram;
        let mut metric = encoder.encode_descriptor("lateness", help, Some(&unit), metric_type)?;
        for counts in &self.0 {
            let lateness = &counts.ledger.lateness;
            let (sum, buckets) = histogram(lateness);
            let labels = [("listener", counts.listener.as_str())];
            let mut metric = metric.encode_family(&labels)?;
            metric.encode_histogram::<NoLabelSet>(sum, lateness.count(), &buckets, None)?;
        }
        Ok(())
    }
}

/// The sum in seconds, and the number of values in each bucket.
fn histogram(lateness: &LatencyStats) -> (f64, [(f64, u64); LATENESS_BUCKETS.len()]) {
    let mut buckets = LATENESS_BUCKETS.map(|bound| (bound, 0));
    let mut sum = 0.0;
    for (value, count) in lateness.counts() {
        let seconds = value.as_secs_f64();
        sum += seconds * count as f64;
        if let Some((_, bucket)) = buckets.iter_mut().find(|(bound, _)| seconds <= *bound) {
            *bucket += count;
        }
    }
    (sum, buckets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_value_is_in_the_first_bucket_that_holds_it() {
        let mut lateness = LatencyStats::default();
        for micros in [100, 101, 250, 2_000_000] {
            lateness.record(Duration::from_micros(micros));
        }
        let (sum, buckets) = histogram(&lateness);
        assert!((sum - 2.000_451).abs() < 1e-9, "{sum}");
        assert_eq!(
            buckets.map(|(_, count)| count),
            [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        );
    }
}
