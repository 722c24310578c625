//! An interval of the log of a client process.

use crate::load::figures::WindowCounts;
use flagpole_protocol::{LatencyStats, LoadStats};
use serde::{Deserialize, Serialize};
use serde_with::{As, DurationMicroSeconds};
use std::collections::BTreeMap;
use std::time::Duration;

/// What happened in an interval of a client process, usually a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessInterval {
    /// The number of the interval: from 1, without gaps.
    pub seq: u64,
    /// Its start, from the end of the warm-up.
    #[serde(rename = "start_us", with = "As::<DurationMicroSeconds<u64>>")]
    pub start: Duration,
    /// Its length.
    #[serde(rename = "length_us", with = "As::<DurationMicroSeconds<u64>>")]
    pub length: Duration,
    /// Statistics of the interval alone, in which attempts count where they ended. A log has them as histograms and counters.
    /// Their times ([`LoadStats::responses`]) count from the end of the warm-up.
    #[serde(skip)]
    pub stats: LoadStats,
    /// Response times, those of failures included, by method and name, of workers of Locust. A log has them as histograms.
    #[serde(skip)]
    pub endpoints: BTreeMap<(String, String), LatencyStats>,
    /// What of it ended within the window of the process.
    pub in_window: WindowCounts,
    /// In the open model, the number of scheduled arrivals; `None` in the closed one.
    pub due: Option<u64>,
    /// Attempts in flight at the end of the interval.
    pub in_flight: u64,
    /// Arrivals that are due and wait for a slot at its end.
    pub queued: u64,
    /// Users at the end of the interval; `None` without Locust.
    pub users: Option<u64>,
}
