//! Rules decide a fate: pure functions of seed, rule, key and request number.

mod compiled_rule;
mod effect;
pub mod fault;
pub mod latency;
pub mod preview;
pub(crate) mod probability;
pub(crate) mod request_counters;
pub(crate) mod request_index;
pub mod request_info;
pub mod rule_set;
pub(crate) mod unit_interval;
