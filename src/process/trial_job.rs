//! The job and the result of a trial, which is one run of one strategy in a process of its own.

use crate::options::policy_config::PolicyConfig;
use clap::ValueEnum;
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_client::Workload;
use flagpole_protocol::{AttemptRecord, CountryCode};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A cancelled run must end within this time.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// The run that a trial makes.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrialJob {
    pub(crate) strategy: String,
    pub(crate) url: String,
    pub(crate) codes: Vec<String>,
    /// The length of the list of codes to download: `codes`, repeated from the start as often as necessary.
    pub(crate) downloads: usize,
    pub(crate) files: Files,
    /// The time between the due times of two downloads, in microseconds; `None` for a closed workload.
    pub(crate) interval_us: Option<u64>,
    pub(crate) concurrency: usize,
    pub(crate) policy: PolicyConfig,
    /// The name of the run (`Flagpole-Run`).
    pub(crate) run: String,
}

/// The files to download per country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Files {
    #[default]
    Flags,
    /// The flag, then its metadata.
    Metadata,
    /// The flag and its metadata, independently of each other.
    Both,
}

impl Files {
    /// The workload that downloads these files of these countries.
    pub(crate) fn workload(self, codes: Vec<CountryCode>) -> Workload {
        match self {
            Files::Flags => Workload::flags(codes),
            Files::Metadata => Workload::with_metadata(codes),
            Files::Both => Workload::files(codes),
        }
    }
}

/// What a trial measured.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrialResult {
    pub(crate) wall: Duration,
    /// The number of downloads without an end.
    pub(crate) unstarted: u64,
    pub(crate) records: Vec<AttemptRecord>,
    pub(crate) resource_usage: ResourceUsage,
}
