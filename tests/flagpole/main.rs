//! flagpole as a whole: through the built binary and real sockets, and through the two libraries
//! together. Every port is of the system's choice.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can not go on is to fail there"
)]

mod adaptive;
mod agreement;
mod compare;
mod compare_files;
#[cfg(target_os = "linux")]
mod compare_processes;
mod compare_urls;
mod examples;
mod family;
mod get;
mod insisting;
#[cfg(target_os = "linux")]
mod interrupted;
mod liars;
#[cfg(target_os = "linux")]
mod memory;
mod names;
mod peers;
mod policies;
#[cfg(target_os = "linux")]
mod processes;
mod profile_files;
mod profiles;
mod resume;
mod same_files;
mod serve;
mod stage;
mod stories;
mod usage;
mod ways;
mod words;
