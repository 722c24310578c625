//! Whether the figures of a comparison can be used, and why not.

mod compared_bodies;
mod download_counts;
mod judge;
mod lateness;
mod lost_time;
mod lost_wall;
mod observed;
mod planned_fates;
mod programs;
mod reconcile;
mod repetition;
mod response_excess;
mod round_digests;
mod same_fates;
mod stall;
#[cfg(test)]
mod tests;
mod verdict;

pub use compared_bodies::ComparedBodies;
pub use download_counts::DownloadCounts;
pub use lateness::Lateness;
pub use lost_time::LostTime;
pub use lost_wall::LostWall;
pub use observed::{ObservedCell, ObservedStrategy, busy_time};
pub use planned_fates::{FateComparison, PlannedFates, compare_fates};
pub use reconcile::{AttemptCounts, Mismatch, first_mismatch};
pub use repetition::Repetition;
pub use response_excess::ResponseExcess;
pub use round_digests::{RoundDigests, common_digest};
pub use stall::Stall;
pub use verdict::{Validity, ValidityIssue, Verdict};
