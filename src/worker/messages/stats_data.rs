//! The data of `stats`, with the names of Locust. All numbers are those since the last report.

use serde::Serialize as SerializeFields;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, SerializeFields)]
pub(crate) struct StatsData {
    pub(crate) stats: Vec<RequestEntry>,
    pub(crate) stats_total: RequestEntry,
    pub(crate) errors: BTreeMap<String, RequestError>,
    pub(crate) user_classes_count: BTreeMap<String, u64>,
    pub(crate) user_count: u64,
    /// For the listener of flagpole's locustfile, as the next two: Locust ignores what it does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flagpole_run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flagpole_process: Option<String>,
    /// The text of the interval log's blocks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) flagpole_log: String,
}

/// The requests of a method and name. Times are seconds since the Unix epoch, response times milliseconds.
#[derive(Clone, Debug, Default, PartialEq, SerializeFields)]
pub(crate) struct RequestEntry {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) last_request_timestamp: Option<f64>,
    pub(crate) start_time: f64,
    /// With failures.
    pub(crate) num_requests: u64,
    /// Requests without a response time.
    pub(crate) num_none_requests: u64,
    pub(crate) num_failures: u64,
    pub(crate) total_response_time: f64,
    pub(crate) max_response_time: f64,
    pub(crate) min_response_time: Option<f64>,
    /// Bytes.
    pub(crate) total_content_length: u64,
    pub(crate) response_times: ResponseTimes,
    pub(crate) num_reqs_per_sec: BTreeMap<u64, u64>,
    pub(crate) num_fail_per_sec: BTreeMap<u64, u64>,
}

/// Response times in microseconds with their counts. On the wire they are milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ResponseTimes(pub(crate) BTreeMap<u64, u64>);

impl Serialize for ResponseTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (&micros, count) in &self.0 {
            map.serialize_entry(&(micros as f64 / 1000.0), count)?;
        }
        map.end()
    }
}

#[derive(Clone, Debug, Default, PartialEq, SerializeFields)]
pub(crate) struct RequestError {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) error: String,
    pub(crate) occurrences: u64,
    pub(crate) first_seen: f64,
    pub(crate) last_seen: f64,
}
