//! What an experiment is, and the files that it comes from.

pub(crate) mod builtin;
pub(crate) mod experiment;
pub(crate) mod names;
pub(crate) mod size;
pub(crate) mod strategy_variant;
pub(crate) mod validate;
