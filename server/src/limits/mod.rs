//! Concurrency and rate limits of a listener.
//!
//! Limits are no part of fates, because a rejection depends on other requests.

pub(crate) mod admission;
pub(crate) mod concurrency_limit;
pub(crate) mod token_bucket;
