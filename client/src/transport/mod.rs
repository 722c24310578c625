//! Sends requests and receives responses by hyper's client connection, without a connection pool. An exchange is one
//! request and its response over a connection.
//!
//! The task that waits for the response drives the connection, so that an exchange needs no further task, no
//! channel between tasks and no second wake-up. Strategies that run an event loop call [`exchange`]; strategies that block
//! threads use a [`BlockingClient`].

mod blocking_client;
mod cancel_handle;
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "for the drivers of the built-in transport"
    )
)]
mod connect;
mod connection;
mod counted_stream;
mod driver;
mod errors;
mod exchange;
mod poll_driver;
mod poll_state;
mod request;
mod response;

pub(crate) use blocking_client::BlockingClient;
pub(crate) use connection::HyperConnection;
pub(crate) use driver::TokioDriver;
pub use errors::connect_failure_cause;
pub(crate) use exchange::exchange;
pub use request::InvalidRunName;
pub(crate) use request::{RequestSpec, RequestTemplate, TransportConfig};
pub(crate) use response::RawResponse;
