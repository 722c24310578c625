//! The figures of a client process in a merged result.

use crate::validity::ValidityIssue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The figures of one of the client processes whose load a result adds up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct ProcessFigures {
    /// The unique name of the process.
    pub process: String,
    /// The run that all its processes have in common; null if it is not known.
    pub run: Option<String>,
    /// Which part of the load it made: `[i, n]` for part i of n, from 1; null if it made what it was asked for alone.
    pub shard: Option<[u64; 2]>,
    /// The user classes of Locust that it made.
    pub user_classes: Vec<String>,
    /// When its first interval began, in microseconds since the Unix epoch by its own clock.
    pub started_unix_us: u64,
    /// How far its clock was ahead of the clock that all processes have in common; null if that is not known.
    pub clock_offset_us: Option<i64>,
    /// The number of intervals of its log.
    pub intervals: u64,
    /// Intervals that the log should have and has not.
    pub missing_intervals: u64,
    /// Intervals that were given twice; they count once.
    pub repeated_intervals: u64,
    /// Whether its log is of another program, whose intervals have no numbers.
    pub is_foreign: bool,
    /// How long its intervals are in all, from its start.
    pub logged_us: u64,
    /// Whether its log has an end: otherwise the process was killed, or the log was cut off.
    pub has_end: bool,
    /// The time in which requests started by schedule.
    pub window_us: u64,
    /// Requests, the unfinished ones included.
    pub requests: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that had not ended when the process did.
    pub unfinished: u64,
    /// Arrivals per second of its schedule within the window; null in the closed model.
    pub asked_per_s: Option<f64>,
    /// Requests that ended within the window, per second.
    pub requests_per_s: f64,
    /// The median response time, however small the sample is; null without any.
    pub p50_us: Option<u64>,
    /// The 99th percentile of the response time, however small the sample is.
    pub p99_us: Option<u64>,
    /// The largest response time.
    pub max_us: Option<u64>,
    /// The 99th percentile of how late the process itself started attempts, however small the sample is.
    pub lateness_p99_us: Option<u64>,
    /// The part of the time of its event loops in which they had a processor, 0 to 1; null if it is not known.
    pub cpu_share: Option<f64>,
    /// The sum of the largest numbers of attempts in flight of its event loops.
    pub max_in_flight: u64,
    /// The mean number of its users, times the time in seconds; null without Locust.
    pub user_seconds: Option<f64>,
    /// When it began, from the start of the whole by the common clock, in whole seconds.
    pub starts_at_s: u64,
    /// Requests that ended, in points of `point_s` seconds from its start on.
    pub ended: Vec<u64>,
    /// The length of a point of `ended`, in seconds.
    pub point_s: u64,
    /// The reasons to doubt what this process alone did, the most severe first.
    pub reasons: Vec<ValidityIssue>,
    /// What could not be checked of this process alone, each as a sentence without a full stop.
    pub unchecked: Vec<String>,
}
