//! HTTP/1.1 by the library hyper, for event loops.
//!
//! The task that waits for a response drives hyper's connection. `socket` stands between hyper and tokio: it reports to
//! `progress` which bytes arrive, for the limits, and decides whether a close is a reset or a FIN.

mod connection;
mod errors;
mod exchange;
mod head_scanner;
mod progress;
mod socket;

pub(crate) use connection::HyperConnection;
pub(crate) use exchange::exchange;
