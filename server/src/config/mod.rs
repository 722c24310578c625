//! Profiles, listeners and rules: what a server is asked to do, as people write it.

pub mod listener;
pub mod path_glob;
pub mod profile;
pub(crate) mod rate_limit;
pub mod request_number_range;
pub mod rule;
mod serde_text;
pub mod source_location;
pub mod spec;
