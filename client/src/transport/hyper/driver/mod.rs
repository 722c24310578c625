//! Drivers, by which an exchange (a request and its response) waits: on tokio's event loop, or in a thread with
//! poll(2).

pub(crate) mod net_driver;
pub(super) mod poll_driver;
mod poll_state;
mod poll_stream;
pub(crate) mod tokio_driver;
