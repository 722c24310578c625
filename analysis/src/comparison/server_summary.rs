//! The server's ledger in a result.

use flagpole_protocol::{Ledger, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The server's ledger of all rounds, with the warm-up round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerSummary {
    /// Requests whose head was parsed.
    pub requests: u64,
    /// Started responses by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Delayed responses.
    pub delayed: u64,
    /// The median lateness of delayed responses.
    pub lateness_p50_us: f64,
    /// The 99th percentile of the lateness of delayed responses.
    pub lateness_p99_us: f64,
    /// Responses sent before they were due.
    #[serde(rename = "early")]
    pub early_responses: u64,
    /// The highest number of requests in service, with a concurrency limit.
    pub peak_concurrency: u64,
    /// The CPU time of the server's process, user and system.
    #[serde(default)]
    pub cpu_us: u64,
}

impl ServerSummary {
    /// The summary of a ledger, with the CPU time that the server used for it.
    pub fn new(ledger: &Ledger, cpu_us: u64) -> ServerSummary {
        let lateness_us = |quantile| {
            let lateness = ledger.lateness.quantile(quantile).unwrap_or_default();
            as_micros(lateness) as f64
        };
        ServerSummary {
            requests: ledger.requests,
            by_status: ledger.by_status.clone(),
            delayed: ledger.lateness.count(),
            lateness_p50_us: lateness_us(0.5),
            lateness_p99_us: lateness_us(0.99),
            early_responses: ledger.early_responses,
            peak_concurrency: ledger.peak_concurrency,
            cpu_us,
        }
    }
}
