//! flagpole as a whole: through the built binary and real sockets, and through the two libraries
//! together. Every port is of the system's choice.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can not go on is to fail there"
)]

mod agreement;
mod architecture;
mod compare;
mod get;
#[cfg(target_os = "linux")]
mod memory;
mod peers;
#[cfg(target_os = "linux")]
mod processes;
mod serve;
mod stage;
mod usage;
