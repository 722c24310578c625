//! The workload of a run (which resources are downloaded, and when they are due), the server, and the concurrency. All
//! of this is plain data, made before the first request.

pub(crate) mod concurrency;
pub(crate) mod download_spec;
pub(crate) mod endpoint;
pub(crate) mod target;
pub(crate) mod target_error;
#[cfg(test)]
mod tests;

use download_spec::DownloadSpec;
use flagpole_protocol::{CountryCode, Resource};
use std::collections::BTreeMap;
use std::time::Duration;

/// The downloads of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The downloads in the order in which they start.
    pub downloads: Vec<DownloadSpec>,
}

impl Workload {
    /// The flags of `codes`, sorted by code; a code given twice is downloaded twice.
    pub fn flags(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| vec![DownloadSpec::new(Resource::Flag(code))])
    }

    /// The flags of `codes`, each followed by its metadata and saved under the country's name: two
    /// requests each.
    pub fn with_metadata(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| {
            let flag = DownloadSpec::new(Resource::Flag(code));
            vec![DownloadSpec {
                saves_by_country: true,
                ..flag
            }]
        })
    }

    /// The flags and the metadata of `codes` as independent downloads.
    pub fn files(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| {
            let files = [Resource::Flag(code), Resource::Metadata(code)];
            files.map(DownloadSpec::new).to_vec()
        })
    }

    /// The same downloads as an open workload: each download is due `interval` after the previous one.
    pub fn spaced(mut self, interval: Duration) -> Workload {
        for (index, download) in (0_u32..).zip(&mut self.downloads) {
            download.due = Some(interval.saturating_mul(index));
        }
        self
    }

    /// The `downloads` of each code, sorted by code and numbered for each resource.
    fn sorted(
        codes: impl IntoIterator<Item = CountryCode>,
        downloads: impl Fn(CountryCode) -> Vec<DownloadSpec>,
    ) -> Workload {
        let mut codes: Vec<CountryCode> = codes.into_iter().collect();
        codes.sort_unstable();
        let mut numbers = BTreeMap::new();
        let with_number = |download: DownloadSpec| {
            let number: &mut u64 = numbers.entry(download.resource).or_default();
            *number += 1;
            DownloadSpec {
                request_number: *number,
                ..download
            }
        };
        let downloads = codes.into_iter().flat_map(downloads);
        Workload {
            downloads: downloads.map(with_number).collect(),
        }
    }
}
