//! The control plane through real sockets.

#![allow(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod bounds;
mod call;
mod guard;
mod ledgers;
mod metrics;
mod profile;
mod routes;
