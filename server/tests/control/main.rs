//! The control plane through real sockets.

#![allow(clippy::unwrap_used, reason = "a failed expectation fails the test")]

mod abuse;
mod bounds;
mod call;
mod events;
mod guard;
mod journal;
mod ledgers;
mod live;
mod metrics;
mod openapi;
mod profile;
mod python;
mod routes;
mod run_page;
mod verify;
