//! The subcommands, one module each, with their options and `run`.

pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod ctl;
pub(crate) mod fate;
pub(crate) mod get;
pub(crate) mod load;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod strategies;
pub(crate) mod trial;
pub(crate) mod worker;
