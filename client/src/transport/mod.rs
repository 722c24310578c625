//! HTTP client libraries, each with the trait [`Transport`]. An exchange is one request and its response over a
//! connection.
//!
//! Strategies that block threads use a [`BlockingClient`]; strategies that run an event loop call the
//! asynchronous `exchange` of [`hyper`] directly. In reading order: `request` is what to send, `response` what
//! arrived, `interface` the traits; then the transports, and the files that all transports share.

mod request;
mod response;

mod interface;

pub mod hyper;
pub mod ureq;

mod io_error;
pub(crate) mod run_clock;
mod shutdown_on_cancel;
mod socket;

pub use interface::{BlockingClient, Transport};
pub use io_error::connect_failure_cause;
pub use request::request_conditions::RequestConditions;
pub use request::request_spec::RequestSpec;
pub use request::request_template::RequestTemplate;
pub use request::run_name::InvalidRunName;
pub use request::transport_config::TransportConfig;
pub use response::raw_response::RawResponse;

/// Every transport; the first is the default.
pub const ALL: &[&dyn Transport] = &[&hyper::Hyper, &ureq::Ureq];
