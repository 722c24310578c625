//! Profiles, listeners and rules: what a server does, as text and as values.

pub(crate) mod accept_delay;
pub(crate) mod bandwidth;
pub(crate) mod cache_control;
pub(crate) mod connection_limits;
pub mod listener;
#[cfg(feature = "profiles")]
pub mod location;
#[cfg_attr(not(feature = "profiles"), path = "no_path_glob.rs")]
pub mod path_glob;
pub mod profile;
pub mod profile_error;
pub(crate) mod rate_limit;
pub mod request_number_range;
pub mod rule;
pub(crate) mod text;
pub(crate) mod time_window;

#[cfg(test)]
mod tests;
