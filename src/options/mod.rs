//! Options that several subcommands share.

pub(crate) mod policy;
pub(crate) mod policy_config;
pub(crate) mod profile;
pub(crate) mod selection;
pub(crate) mod serde_text;
pub(crate) mod value_parsers;
