//! The statistics as OpenMetrics.

use flagpole_protocol::{LatencyStats, LoadStats};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::Error;

/// Upper bounds of the buckets of times, in seconds.
const BUCKETS: [f64; 17] = [
    0.0001,
    0.000_25,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    f64::INFINITY,
];

/// The statistics at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    pub(super) stats: LoadStats,
    pub(super) in_flight: u64,
}

impl Metrics {
    pub(super) fn text(&self) -> String {
        let mut registry = Registry::with_prefix("flagpole_load");
        registry.register_collector(Box::new(self.clone()));
        let mut text = String::new();
        encode(&mut text, &registry).expect("writing to a String cannot fail");
        text
    }
}

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let stats = &self.stats;
        let help = "Requests that ended, by outcome";
        let mut family = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
        for (label, times) in &stats.outcomes {
            let labels = [("outcome", label.as_ref())];
            let mut metric = family.encode_family(&labels)?;
            metric.encode_counter::<NoLabelSet, _, u64>(&times.count(), None)?;
        }
        for (name, help, value) in [
            ("attempts", "Attempts that ended", stats.attempts),
            (
                "retries",
                "Attempts made because the previous one failed",
                stats.retries,
            ),
            (
                "hedges",
                "Attempts made because the previous one took long",
                stats.hedges,
            ),
            (
                "redirects",
                "Attempts made because the previous one was redirected",
                stats.redirects,
            ),
            (
                "connections",
                "Connections that were opened",
                stats.connections,
            ),
            ("body_bytes", "Bytes of bodies that arrived", stats.bytes),
        ] {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            metric.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        let help = "Requests that are in flight";
        let mut metric = encoder.encode_descriptor("in_flight", help, None, MetricType::Gauge)?;
        metric.encode_gauge(&self.in_flight)?;
        for (name, help, times) in [
            (
                "response_time",
                "From when a successful request was due to its end",
                stats.response_time(),
            ),
            (
                "service_time",
                "From when a successful request was sent to its end",
                stats.service_time(),
            ),
            (
                "lateness",
                "How late attempts were started",
                stats.lateness.clone(),
            ),
        ] {
            encode_times(&mut encoder, name, help, &times)?;
        }
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        let mut metric = encoder.encode_descriptor(
            "build",
            "The version of flagpole",
            None,
            MetricType::Info,
        )?;
        metric.encode_info(&version)
    }
}

fn encode_times(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    times: &LatencyStats,
) -> Result<(), Error> {
    let mut buckets = BUCKETS.map(|bound| (bound, 0));
    for (time, count) in times.counts() {
        let seconds = time.as_secs_f64();
        let index = buckets.partition_point(|(bound, _)| *bound < seconds);
        buckets[index].1 += count;
    }
    let unit = Unit::Seconds;
    let mut metric = encoder.encode_descriptor(name, help, Some(&unit), MetricType::Histogram)?;
    metric.encode_histogram::<NoLabelSet>(times.sum().as_secs_f64(), times.count(), &buckets, None)
}
