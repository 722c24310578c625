//! Options that several subcommands share, and the parsers of their values.

pub(crate) mod built_in;
pub(crate) mod comma_lists;
pub(crate) mod connection_options;
pub(crate) mod control_address;
pub(crate) mod flag_selection;
pub(crate) mod listen_address;
pub(crate) mod names;
pub(crate) mod path_list;
pub(crate) mod policy;
pub(crate) mod policy_values;
pub(crate) mod profile_options;
pub(crate) mod proxy;
pub(crate) mod typed_options;
pub(crate) mod value_parsers;
