//! One download of a workload.

use flagpole_protocol::Resource;
use std::time::Duration;

/// One download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadSpec {
    /// The resource to download.
    pub resource: Resource,
    /// Number of this download among the downloads of the resource, from 1. Without retries and hedges, this is also the
    /// request number; see [`scheduler`](crate::scheduler) for the other cases.
    pub request_number: u64,
    /// When the download is due, from the start of the run. `None` in a closed workload: as soon as a
    /// concurrency slot is free.
    pub due: Option<Duration>,
    /// Whether to request the country's metadata after the flag and to save the flag under the country's
    /// name.
    pub saves_by_country: bool,
}

impl DownloadSpec {
    /// The first download of a resource, saved under its code, in a closed workload.
    pub fn new(resource: Resource) -> DownloadSpec {
        DownloadSpec {
            resource,
            request_number: 1,
            due: None,
            saves_by_country: false,
        }
    }
}
