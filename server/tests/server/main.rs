//! The server through real sockets: what is promised, byte for byte.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can not go on is to fail there"
)]

mod answers;
mod conditional;
mod delays;
mod distributions;
mod fates;
mod faults;
mod life;
mod limits;
mod profiles;
mod raw;
mod rules;
