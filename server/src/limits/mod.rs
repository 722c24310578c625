//! Concurrency and rate limits.

pub(crate) mod admission;
pub(crate) mod concurrency;
pub(crate) mod rate;
