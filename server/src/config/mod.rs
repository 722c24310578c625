//! Profiles, listeners and rules: what a server does, as text and as values.

pub mod check;
pub mod listener;
pub mod location;
pub mod path_glob;
pub mod profile;
pub(crate) mod rate_limit;
pub mod request_number_range;
pub mod rule;
pub mod text;
