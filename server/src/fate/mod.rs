//! The fate of a request, which is all that will happen to its response: a pure function of seed, rule, key (the
//! normalised path) and request number. Only rules with a time window depend on the clock.

pub(crate) mod asked;
pub(crate) mod compiled_rule;
pub mod fault;
pub mod latency;
pub(crate) mod probability;
pub(crate) mod query;
pub(crate) mod redirect_chain;
pub(crate) mod request_counters;
pub(crate) mod request_fields;
pub(crate) mod request_index;
pub mod request_info;
pub mod rule_set;
