//! Checks of a profile that has been parsed.

mod listener_check;
pub(super) mod profile_check;
pub mod profile_error;
mod rule_check;
pub(super) mod violation;
