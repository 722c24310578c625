//! Sends requests and receives responses by hyper. An exchange is one request and its response over a connection.
//!
//! Strategies that block threads use a [`BlockingClient`]; strategies that run an event loop call the
//! asynchronous `exchange` directly. In reading order: `request` is what to send, `response` what arrived, `hyper` makes
//! the exchange.

mod request;
mod response;

pub(crate) mod hyper;

mod io_error;
pub(crate) mod run_clock;
mod shutdown_on_cancel;
mod socket;

pub(crate) use hyper::BlockingClient;
pub use io_error::connect_failure_cause;
pub use request::request_spec::RequestSpec;
pub use request::request_template::RequestTemplate;
pub use request::run_name::InvalidRunName;
pub use request::transport_config::TransportConfig;
pub use response::raw_response::RawResponse;
