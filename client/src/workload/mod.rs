//! The workload of a run (which resources are downloaded, and when they are due), the server, and the concurrency. All
//! of this is plain data, made before the first request.

pub(crate) mod arrivals;
mod changing_users;
pub(crate) mod closed_source;
pub(crate) mod expectation;
pub(crate) mod file_error;
pub(crate) mod iteration_counts;
pub(crate) mod list_source;
pub(crate) mod open_source;
mod presence;
pub(crate) mod proxy;
pub(crate) mod request_limit;
pub(crate) mod request_message;
pub(crate) mod scenario;
pub(crate) mod share;
#[cfg(test)]
mod share_tests;
pub(crate) mod source;
pub(crate) mod target;
pub(crate) mod targets;
#[cfg(test)]
mod tests;
pub(crate) mod think_time;

use self::request_message::RequestMessage;
use flagpole_protocol::{CountryCode, FateKey, OriginForm, Resource};
use std::{collections::BTreeMap, str::FromStr, time::Duration};

/// One download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadSpec {
    /// The resource to download.
    pub resource: Resource,
    /// Number of this download among the downloads of the resource, from 1. Without retries and hedges, this is also the
    /// request number; in the other cases it follows from the number, the maximum number of tries and whether the policy hedges.
    pub request_number: u64,
    /// When the download is due, from the start of the run. `None` in a closed workload: when the run starts, or when
    /// the attempt ends whose concurrency slot the download takes.
    pub due: Option<Duration>,
    /// Whether to request the country's metadata after the flag and to save the flag under the country's
    /// name.
    pub saves_by_country: bool,
    /// The index of its method, fields and content in [`Workload::messages`]; `None` for a GET without fields and content.
    pub message: Option<usize>,
}

impl DownloadSpec {
    /// The first download of a resource, saved under its code, in a closed workload.
    pub fn new(resource: Resource) -> DownloadSpec {
        DownloadSpec {
            resource,
            request_number: 1,
            due: None,
            saves_by_country: false,
            message: None,
        }
    }

    /// Whether the country's metadata is requested too: only a flag has a country.
    pub(crate) fn needs_metadata(&self) -> bool {
        self.saves_by_country && self.resource.code().is_some()
    }
}

/// The downloads of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The downloads in the order in which they start.
    pub downloads: Vec<DownloadSpec>,
    /// The methods, fields and contents that downloads refer to.
    pub messages: Vec<RequestMessage>,
}

impl Workload {
    /// The flags of `codes`, sorted by code; a code given twice is downloaded twice.
    pub fn flags(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| [Resource::Flag(code)])
    }

    /// The metadata of `codes`, sorted by code.
    pub fn metadata(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| [Resource::Metadata(code)])
    }

    /// The flags and the metadata of `codes` as independent downloads.
    pub fn files(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        Workload::sorted(codes, |code| {
            [Resource::Flag(code), Resource::Metadata(code)]
        })
    }

    /// The flags of `codes`, each followed by its metadata and saved under the country's name: two requests each, of
    /// which the second waits for the first.
    pub fn with_metadata(codes: impl IntoIterator<Item = CountryCode>) -> Workload {
        let mut workload = Workload::flags(codes);
        for download in &mut workload.downloads {
            download.saves_by_country = true;
        }
        workload
    }

    /// These paths, in their order. Paths that differ only in their query or in their spelling are numbered together, as a
    /// server of flagpole counts them together.
    pub fn paths(paths: impl IntoIterator<Item = OriginForm>) -> Workload {
        Workload::numbered(paths.into_iter().map(Resource::Path))
    }

    /// The same requests with this method, these fields and this content.
    pub fn with_message(mut self, message: RequestMessage) -> Workload {
        self.messages = vec![message];
        for download in &mut self.downloads {
            download.message = Some(0);
        }
        self
    }

    /// The downloads of `other` after those of this workload. They are not numbered again.
    pub fn followed_by(mut self, other: Workload) -> Workload {
        let offset = self.messages.len();
        self.messages.extend(other.messages);
        self.downloads
            .extend(other.downloads.into_iter().map(|download| DownloadSpec {
                message: download.message.map(|index| offset + index),
                ..download
            }));
        self
    }

    /// The same downloads as an open workload: each download is due `interval` after the previous one.
    pub fn spaced(mut self, interval: Duration) -> Workload {
        for (index, download) in (0_u32..).zip(&mut self.downloads) {
            download.due = Some(interval.saturating_mul(index));
        }
        self
    }

    /// The `resources` of each code, sorted by code and numbered for each resource.
    fn sorted<const N: usize>(
        codes: impl IntoIterator<Item = CountryCode>,
        resources: fn(CountryCode) -> [Resource; N],
    ) -> Workload {
        let mut codes: Vec<CountryCode> = codes.into_iter().collect();
        codes.sort_unstable();
        Workload::numbered(codes.into_iter().flat_map(resources))
    }

    /// The resources in their order, numbered for each key.
    fn numbered(resources: impl Iterator<Item = Resource>) -> Workload {
        let mut numbers = BTreeMap::new();
        let download = |resource| {
            let number: &mut u64 = numbers.entry(FateKey::from(resource)).or_default();
            *number += 1;
            DownloadSpec {
                request_number: *number,
                ..DownloadSpec::new(resource)
            }
        };
        Workload::from(resources.map(download).collect::<Vec<_>>())
    }
}

impl From<Vec<DownloadSpec>> for Workload {
    /// Downloads without messages of their own.
    fn from(downloads: Vec<DownloadSpec>) -> Workload {
        Workload {
            downloads,
            messages: Vec::new(),
        }
    }
}

/// A concurrency from 1 to 1000.
#[derive(Clone, Copy, Debug, derive_more::Display, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concurrency(usize);

/// The text is not a number from 1 to 1000.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a concurrency of 1 to {max}, such as `30`, got `{0}`", max = Concurrency::MAX)]
pub struct ConcurrencyError(String);

impl Concurrency {
    /// One request at a time.
    pub const ONE: Concurrency = Concurrency(1);
    /// The maximum that the article's programs allow.
    pub const MAX: Concurrency = Concurrency(1000);

    /// A concurrency of `count`.
    ///
    /// # Errors
    /// If `count` is 0 or more than [`Concurrency::MAX`].
    pub fn new(count: usize) -> Result<Concurrency, ConcurrencyError> {
        let valid = (1..=Concurrency::MAX.0).contains(&count);
        let concurrency = valid.then_some(Concurrency(count));
        concurrency.ok_or_else(|| ConcurrencyError(count.to_string()))
    }

    /// The number.
    pub const fn get(self) -> usize {
        self.0
    }

    /// A constant concurrency, for the default of a strategy.
    ///
    /// # Panics
    /// If `count` is 0 or more than [`Concurrency::MAX`].
    pub(crate) const fn literal(count: usize) -> Concurrency {
        assert!(1 <= count && count <= Concurrency::MAX.0);
        Concurrency(count)
    }
}

impl FromStr for Concurrency {
    type Err = ConcurrencyError;

    fn from_str(text: &str) -> Result<Concurrency, ConcurrencyError> {
        let count = text.parse().ok();
        let concurrency = count.and_then(|count| Concurrency::new(count).ok());
        concurrency.ok_or_else(|| ConcurrencyError(text.to_owned()))
    }
}
