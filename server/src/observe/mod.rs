//! What the server records of its requests: counts, the journal in memory and in files.

pub(crate) mod event;
pub(crate) mod journal;
#[cfg(feature = "control")]
pub(crate) mod journal_follower;
pub(crate) mod journal_selection;
pub(crate) mod rate_bound;
pub(crate) mod recorder;
#[cfg(feature = "profiles")]
pub(crate) mod request_count;
pub(crate) mod request_log;
#[cfg(feature = "profiles")]
pub(crate) mod request_pattern;
#[cfg(feature = "profiles")]
pub(crate) mod verification;
#[cfg(feature = "profiles")]
pub(crate) mod verification_report;
