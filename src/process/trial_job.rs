//! The job and the result of a trial, which is one run of one strategy in a process of its own.

use crate::options::policy::PolicyOptions;
use clap::ValueEnum;
use derive_more::Display;
use flagpole_analysis::comparison::ResourceUsage;
use flagpole_analysis::validity::LostTime;
use flagpole_client::{TransportKind, Workload};
use flagpole_protocol::{AttemptRecord, CountryCode, OriginForm};
use serde::{Deserialize, Serialize};
use serde_with::{As, DisplayFromStr};
use std::time::Duration;

/// A cancelled run must end within this time.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// The run that a trial makes.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrialJob {
    pub(crate) strategy: String,
    pub(crate) url: String,
    #[serde(with = "As::<Vec<DisplayFromStr>>")]
    pub(crate) codes: Vec<CountryCode>,
    /// What to download instead of the files of `codes`, if not empty.
    #[serde(with = "As::<Vec<DisplayFromStr>>")]
    pub(crate) paths: Vec<OriginForm>,
    /// The length of the list to download: `codes` or `paths`, repeated from the start as often as necessary.
    pub(crate) downloads: usize,
    pub(crate) files: Files,
    /// The time between the due times of two downloads; `None` for a closed workload.
    pub(crate) interval: Option<Duration>,
    pub(crate) concurrency: usize,
    pub(crate) policy: PolicyOptions,
    #[serde(with = "As::<DisplayFromStr>")]
    pub(crate) transport: TransportKind,
    /// The name of the run (`Flagpole-Run`).
    pub(crate) run: String,
}

/// The files to download per country.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum, Display,
)]
#[serde(rename_all = "lowercase")]
#[display(rename_all = "lowercase")]
pub(crate) enum Files {
    #[default]
    Flags,
    /// The metadata without the flags. In a file `metadata` means [`Files::FlagThenMetadata`], as in its first version.
    #[serde(rename = "only-metadata")]
    #[display("only-metadata")]
    Metadata,
    /// The flag and its metadata, independently of each other.
    Both,
    /// The flag, and after it its metadata, as in the book's programs.
    #[value(skip)]
    #[serde(rename = "metadata")]
    #[display("metadata")]
    FlagThenMetadata,
}

impl Files {
    /// The workload that downloads these files of these countries.
    pub(crate) fn workload(self, codes: Vec<CountryCode>) -> Workload {
        match self {
            Files::Flags => Workload::flags(codes),
            Files::Metadata => Workload::metadata(codes),
            Files::FlagThenMetadata => Workload::with_metadata(codes),
            Files::Both => Workload::files(codes),
        }
    }
}

/// Downloads of the paths or, without any, of the files of the countries; the list is repeated from the start until there
/// are enough downloads.
pub(crate) fn workload(
    codes: &[CountryCode],
    paths: &[OriginForm],
    files: Files,
    downloads: usize,
) -> Workload {
    if paths.is_empty() {
        let codes = codes.iter().copied().cycle().take(downloads);
        return files.workload(codes.collect());
    }
    Workload::paths(paths.iter().copied().cycle().take(downloads))
}

/// What a trial measured.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrialResult {
    pub(crate) wall: Duration,
    /// The number of downloads that have not ended.
    pub(crate) unstarted: u64,
    pub(crate) records: Vec<AttemptRecord>,
    pub(crate) resource_usage: ResourceUsage,
    pub(crate) lost: LostTime,
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::Resource;

    #[test]
    fn metadata_is_alone_by_option_and_after_the_flag_in_old_files() {
        let option = Files::from_str("metadata", false).unwrap();
        let workload = option.workload(vec!["BR".parse().unwrap()]);
        let resources = workload.downloads.iter().map(|one| one.resource);
        let metadata = Resource::Metadata("BR".parse().unwrap());
        assert_eq!(resources.collect::<Vec<_>>(), [metadata]);
        let file: Files = serde_json::from_str("\"metadata\"").unwrap();
        assert_eq!(file, Files::FlagThenMetadata);
        assert_eq!(serde_json::to_string(&option).unwrap(), "\"only-metadata\"");
    }
}
