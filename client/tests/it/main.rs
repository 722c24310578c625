//! The client against servers of raw bytes: what it makes of each answer, and that nothing is lost,
//! sent twice or left behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod cancelling;
mod faults;
mod gif;
mod keeping;
mod measuring;
mod policies;
mod requests;
mod resuming;
mod reuse;
mod saving;
mod server;
mod strategies;
mod transports;
