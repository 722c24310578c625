//! Failures by method, name and what they say.

use crate::worker::messages::RequestError;
use crate::worker::user_load::EndpointReport;
use std::collections::BTreeMap;

/// The errors by a key that is the same on all workers: the master adds those with equal keys.
pub(super) fn request_errors(
    endpoints: &[EndpointReport],
    since: f64,
) -> BTreeMap<String, RequestError> {
    let mut errors = BTreeMap::new();
    for endpoint in endpoints {
        let seconds = &endpoint.failures_per_second;
        let second = |second: Option<&u64>| second.map(|&second| second as f64);
        let first = second(seconds.keys().next()).unwrap_or(since);
        let last = second(seconds.keys().next_back()).unwrap_or(endpoint.last_request_unix_s);
        for (text, count) in &endpoint.errors {
            let key = format!("{} {} {text}", endpoint.method, endpoint.name);
            let error = errors.entry(key).or_insert_with(|| RequestError {
                name: endpoint.name.clone(),
                method: endpoint.method.clone(),
                error: text.clone(),
                occurrences: 0,
                first_seen: first,
                last_seen: last,
            });
            error.occurrences += count;
            error.first_seen = error.first_seen.min(first);
            error.last_seen = error.last_seen.max(last);
        }
    }
    errors
}
