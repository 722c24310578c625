//! The client of strategies that block threads.

use super::request::{RequestSpec, RequestTemplate};
use super::{connection::HyperConnection, poll_driver::PollDriver, response::RawResponse};
use super::{driver::NetDriver, exchange::exchange};
use std::sync::Arc;

/// The client of a thread: at most one connection, and the driver that waits for it.
pub(crate) struct BlockingClient {
    connection: Option<Box<HyperConnection<<PollDriver as NetDriver>::Stream>>>,
    driver: PollDriver,
    template: Arc<RequestTemplate>,
}

impl BlockingClient {
    /// A client that is not connected yet.
    pub(crate) fn new(template: Arc<RequestTemplate>) -> BlockingClient {
        BlockingClient {
            connection: None,
            driver: PollDriver::default(),
            template,
        }
    }

    /// Sends the request and blocks until the response is complete or the attempt has failed. Connects first if
    /// there is no reusable connection.
    pub(crate) fn exchange(&mut self, request: &RequestSpec<'_>) -> Box<RawResponse> {
        // Boxed, because the stack would grow by a page, which for 1000 threads is 4 MB.
        let exchange = Box::pin(exchange(
            &self.template,
            &self.driver,
            &mut self.connection,
            request,
            request.cancel.cancelled(),
        ));
        let response = self.driver.block_on(request.cancel, exchange);
        if request.cancel.is_cancelled() {
            // The cancellation may have shut the socket down after the response was complete.
            self.connection = None;
        }
        response
    }
}
