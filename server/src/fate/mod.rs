//! Rules decide a fate: pure functions of seed, rule, key and request number.

pub mod fault;
pub mod keyed_rng;
pub mod latency;
pub mod preview;
pub(crate) mod probability;
pub(crate) mod request_counters;
pub mod rule_set;
