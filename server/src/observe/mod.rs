//! What the server records of its requests: counts, the journal in memory and in files.

pub(crate) mod journal;
pub(crate) mod rate_bound;
pub(crate) mod recorder;
pub(crate) mod request_log;
