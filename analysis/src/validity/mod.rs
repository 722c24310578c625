//! Whether the figures of a comparison can be used, and why not.

mod download_counts;
mod judge;
mod observed;
mod planned_fates;
mod reconcile;
mod round_digests;
mod same_fates;
#[cfg(test)]
mod tests;
mod verdict;

pub use download_counts::DownloadCounts;
pub use observed::{ObservedCell, ObservedServer, ObservedStrategy, busy_time, median_delay};
pub use planned_fates::{FateComparison, PlannedFates, RunDigest, compare_fates};
pub use reconcile::{Mismatch, first_mismatch};
pub use round_digests::{RoundDigests, common_digest};
pub use verdict::{Validity, ValidityIssue, Verdict};
