//! Profiles, listeners and rules: what a server does, as text and as values.

mod check;
pub mod listener;
pub mod location;
pub mod path_glob;
pub mod profile;
pub mod profile_error;
pub(crate) mod rate_limit;
pub mod request_number_range;
pub mod rule;
pub mod text;
