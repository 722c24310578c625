//! Options that several subcommands share.

pub(crate) mod latency_list;
pub(crate) mod policy;
pub(crate) mod policy_config;
pub(crate) mod profile;
pub(crate) mod selection;
pub(crate) mod text_or_number;
pub(crate) mod value_parsers;
