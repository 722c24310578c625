//! The specification of an experiment: its parts, its file format, its limits and its checks.

pub(crate) mod command_line;
pub(crate) mod experiment;
pub(crate) mod program;
pub(crate) mod strategy_variant;
pub(crate) mod validate;
mod validate_programs;
