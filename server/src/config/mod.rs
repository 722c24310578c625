//! Profiles, listeners and rules: what a server does, as text and as values.

pub mod listener;
mod listener_check;
pub mod path_glob;
mod path_segment;
pub mod profile;
mod profile_check;
pub mod profile_error;
pub(crate) mod rate_limit;
pub mod request_number_range;
pub mod rule;
mod rule_check;
mod schema_text;
mod serde_text;
pub mod source_location;
pub mod source_locations;
pub mod spec;
mod violation;
