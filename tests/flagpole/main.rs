//! flagpole as a whole: through the built binary and real sockets, and through the two libraries
//! together. Every port is of the system's choice.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can not go on is to fail there"
)]

mod adaptive;
mod agreement;
mod architecture;
mod compare;
mod examples;
mod get;
mod liars;
#[cfg(target_os = "linux")]
mod memory;
mod peers;
mod policies;
mod profile_files;
#[cfg(target_os = "linux")]
mod processes;
mod profiles;
mod same_files;
mod serve;
mod stage;
mod stories;
mod usage;
mod ways;
