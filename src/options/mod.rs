//! Options that several subcommands share, and the parsers of their values.

pub(crate) mod built_in;
pub(crate) mod code_selection;
pub(crate) mod comma_list;
pub(crate) mod flag_count;
pub(crate) mod help_lists;
pub(crate) mod latency_list;
pub(crate) mod policy;
pub(crate) mod policy_values;
pub(crate) mod profile_options;
pub(crate) mod strategy_names;
pub(crate) mod value_parsers;
