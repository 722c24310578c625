//! What measured runs come to beside each other.

pub mod concurrency_curve;
pub mod plan_digest;
pub mod threshold;
