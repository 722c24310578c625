//! The subcommands, one a file.

pub(crate) mod compare;
pub(crate) mod fate;
pub(crate) mod get;
pub(crate) mod man;
pub(crate) mod serve;
pub(crate) mod strategies;
pub(crate) mod trial;
