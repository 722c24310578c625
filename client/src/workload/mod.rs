//! What is requested, from where, and how much at once.

pub(crate) mod concurrency;
pub(crate) mod plan;
pub(crate) mod target;
