//! What an experiment is, and the files that it comes from.

pub(crate) mod builtin;
pub(crate) mod experiment;
pub(crate) mod strategy_variant;
