//! Sends requests and receives responses, without a connection pool. An exchange is one request and its response over a
//! connection.
//!
//! `built_in` has the HTTP/1.1 codec of [`flagpole_protocol::http1`] and two drivers: one that blocks a thread, and one for
//! tasks of an event loop. `hyper` is the library that most clients in Rust use, for event loops only. Both send the same
//! requests, and the same limits apply. The task that waits for the response drives the connection, so that an exchange
//! needs no further task, no channel between tasks and no second wake-up.

mod built_in;
mod cancel_handle;
mod connect;
mod connection_trust;
mod errors;
mod hyper;
mod kind;
mod prepared_endpoint;
mod prepared_message;
mod request;
mod request_template;
mod response;
mod run_clock;
mod task_exchange;
#[cfg(test)]
mod tests;
mod time_limits;

pub(crate) use built_in::{BlockingClient, TaskDriver};
pub use errors::connect_failure_cause;
pub use kind::TransportKind;
pub use request::InvalidRunName;
pub(crate) use request::{RequestSpec, RunMessage, TransportConfig};
pub(crate) use request_template::RequestTemplate;
pub(crate) use response::RawResponse;
pub(crate) use run_clock::RunClock;
pub(crate) use task_exchange::{PooledConnection, exchange};
