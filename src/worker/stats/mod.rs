//! What happened since the last report, in Locust's terms.

mod entry;
mod errors;
mod response_times;

use self::entry::request_entry;
use self::errors::request_errors;
use super::messages::{RequestEntry, StatsData};
use super::user_load::{EndpointReport, WorkerReport};
use std::collections::BTreeMap;

/// The data of a `stats` message. The report covers the time from `since`, in seconds since the Unix epoch.
pub(crate) fn stats_data(
    report: &WorkerReport,
    users: &BTreeMap<String, u64>,
    since: f64,
) -> StatsData {
    let entry = |endpoint| request_entry(endpoint, since);
    StatsData {
        stats: report.endpoints.iter().map(entry).collect(),
        stats_total: total(&report.endpoints, since),
        errors: request_errors(&report.endpoints, since),
        user_classes_count: users.clone(),
        user_count: users.values().sum(),
        flagpole_log: report.log.clone(),
        ..StatsData::default()
    }
}

/// All endpoints as one, with the name that Locust gives it.
fn total(endpoints: &[EndpointReport], since: f64) -> RequestEntry {
    let mut total = EndpointReport {
        name: "Aggregated".to_owned(),
        ..EndpointReport::default()
    };
    for endpoint in endpoints {
        total.requests += endpoint.requests;
        total.failures += endpoint.failures;
        total.response_time += &endpoint.response_time;
        total.bytes += endpoint.bytes;
        add_seconds(
            &mut total.requests_per_second,
            &endpoint.requests_per_second,
        );
        add_seconds(
            &mut total.failures_per_second,
            &endpoint.failures_per_second,
        );
        total.last_request_unix_s = total.last_request_unix_s.max(endpoint.last_request_unix_s);
    }
    request_entry(&total, since)
}

fn add_seconds(total: &mut BTreeMap<u64, u64>, seconds: &BTreeMap<u64, u64>) {
    for (&second, count) in seconds {
        *total.entry(second).or_default() += count;
    }
}

#[cfg(test)]
mod tests;
