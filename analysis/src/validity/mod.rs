//! Whether the figures of a comparison can be used, and why not.

pub mod download_counts;
pub mod observed;
pub mod planned_fates;
pub mod reason;
pub mod reconcile;
pub mod verdict;

mod fates_digest;
mod judge;
mod lateness;
mod sentence;
mod strategy_reasons;
mod system_resource;
#[cfg(test)]
mod tests;

pub use fates_digest::FatesDigest;
pub use system_resource::SystemResource;
