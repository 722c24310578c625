//! The traits of a transport, which is an HTTP client library.

use super::request::request_spec::RequestSpec;
use super::request::request_template::RequestTemplate;
use super::response::raw_response::RawResponse;
use std::io;
use std::sync::Arc;

/// An HTTP client library.
pub trait Transport: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// What the transport is and what it costs, in one line.
    fn about(&self) -> &'static str;

    /// A client for one thread, not yet connected.
    ///
    /// # Errors
    /// If the system refuses a resource that the client needs.
    fn client(&self, template: Arc<RequestTemplate>) -> io::Result<Box<dyn BlockingClient>>;
}

/// A client with at most one connection, used by one thread at a time.
pub trait BlockingClient: Send {
    /// Sends the request and blocks until the response is complete or the attempt has failed. Connects first if
    /// there is no reusable connection.
    fn exchange(&mut self, request: &RequestSpec<'_>) -> Box<RawResponse>;
}
