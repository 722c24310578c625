//! Draws conclusions from recorded runs and writes reports: pure functions over plain data.
//!
//! The records of a run give its lower bound and its bottleneck, several runs a verdict and a comparison, and a comparison
//! a report.
//!
//! ```
//! use flagpole_analysis::bottleneck::{Bottleneck, ObservedRun};
//! use flagpole_analysis::bound::ServerLimits;
//! use flagpole_analysis::validity::{ObservedCell, Validity, Verdict};
//! use flagpole_protocol::{AttemptRecord, Outcome, Resource, ServerTiming};
//! use std::time::Duration;
//!
//! // 20 downloads, one after the other, each with a planned delay of 50 ms.
//! let record = |download| {
//!     let resource = Resource::Flag("BR".parse().expect("BR is a country code"));
//!     let mut timing = ServerTiming::default();
//!     timing.planned = Duration::from_millis(50);
//!     let mut record = AttemptRecord::new(resource, Outcome::Ok);
//!     (record.download, record.status, record.timing) = (download, Some(200), Some(timing));
//!     record
//! };
//! let records: Vec<_> = (1..=20).map(record).collect();
//! let bottleneck = Bottleneck::for_run(&ObservedRun {
//!     records: &records,
//!     concurrency: 1,
//!     wall: Duration::from_millis(1010),
//!     timeout: None,
//!     limits: ServerLimits::default(),
//!     is_external: false,
//!     cpu: None,
//!     cores: 1,
//!     threads: 1,
//!     asked_concurrency: None,
//!     unasked: None,
//! });
//! assert_eq!(
//!     bottleneck.to_string(),
//!     "limited by latency: lower bound 1.00 s at 1, longest download 50.0 ms; download concurrently (the lower bound falls until 20)"
//! );
//!
//! let verdict = Verdict::for_cell(&ObservedCell {
//!     rounds: 3,
//!     requested_rounds: 3,
//!     ..ObservedCell::default()
//! });
//! assert_eq!(verdict.validity, Validity::Suspect);
//! assert_eq!(verdict.reasons[0].message, "3 rounds; a confidence interval needs 5; raise --rounds");
//! ```

mod unseen;

pub use unseen::{escaped_shell_word, is_unseen};

pub mod stats;

pub mod bound;

pub mod bottleneck;

pub mod validity;

pub mod comparison;

pub mod evaluation;

pub mod program;

pub mod report;

pub mod load;

pub mod html;

mod csv_value;
mod human;
#[cfg(test)]
mod test_runs;

pub use human::{HumanDuration, grouped};
