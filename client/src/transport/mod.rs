//! The ways to make an exchange: one request, one answer, over a connection that a lane owns.
//!
//! A transport is a family: one member a file, and one list. Each member serves the strategies that
//! block a thread, through [`BlockingClient`]; strategies that run an event loop use the asynchronous exchange
//! of [`hyper`] directly.

mod head;
pub mod hyper;
mod io_error;
mod raw_response;
mod request_spec;
mod request_template;
pub(crate) mod run_clock;
mod shutdown_on_cancel;
mod socket;
pub mod ureq;

pub use io_error::connect_failure_cause;
pub use raw_response::RawResponse;
pub use request_spec::{RequestConditions, RequestSpec};
pub use request_template::RequestTemplate;

use std::io;
use std::sync::Arc;

/// A way to make an exchange.
pub trait Transport: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// What it is and what it costs, in one line.
    fn about(&self) -> &'static str;

    /// A lane for the calling thread, not yet connected.
    ///
    /// # Errors
    /// If the system refuses what it needs.
    fn lane(&self, wire: Arc<RequestTemplate>) -> io::Result<Box<dyn BlockingClient>>;
}

/// One connection at most, and whatever it takes to use it from one thread.
pub trait BlockingClient: Send {
    /// Makes the attempt, and blocks until it has ended, one way or another. Connects first if there
    /// is no connection that can be used again.
    fn exchange(&mut self, attempt: &RequestSpec<'_>) -> Box<RawResponse>;
}

/// The largest head that is accepted, in bytes. hyper allows no less for its buffer.
const HEAD_LIMIT: usize = 64 << 10;

/// Every transport; the first is the default.
pub const ALL: &[&dyn Transport] = &[&hyper::Hyper, &ureq::Ureq];
