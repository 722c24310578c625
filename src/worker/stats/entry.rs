//! An endpoint as an entry of Locust's statistics.

use super::response_times::response_times;
use crate::worker::messages::RequestEntry;
use crate::worker::user_load::EndpointReport;
use std::time::Duration;

pub(super) fn request_entry(endpoint: &EndpointReport, since: f64) -> RequestEntry {
    let times = &endpoint.response_time;
    let last = endpoint.last_request_unix_s;
    RequestEntry {
        name: endpoint.name.clone(),
        method: endpoint.method.clone(),
        last_request_timestamp: (endpoint.requests > 0).then_some(last),
        start_time: since,
        num_requests: endpoint.requests,
        num_none_requests: endpoint.requests.saturating_sub(times.count()),
        num_failures: endpoint.failures,
        total_response_time: milliseconds(times.sum()),
        max_response_time: times.max().map_or(0.0, milliseconds),
        // The master takes the smallest of all: a 0 would stay.
        min_response_time: times.min().map(milliseconds),
        total_content_length: endpoint.bytes,
        response_times: response_times(times),
        num_reqs_per_sec: endpoint.requests_per_second.clone(),
        num_fail_per_sec: endpoint.failures_per_second.clone(),
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
