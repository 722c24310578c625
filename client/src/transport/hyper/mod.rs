//! hyper's client connection, without a connection pool.
//!
//! The task that waits for the response drives the connection, so that an exchange needs no further task, no
//! channel between tasks and no second wake-up.

mod classify;
mod connection;
mod counted_stream;
mod driver;
mod exchange;
mod io_stats;

pub(crate) use connection::HyperConnection;
pub(crate) use driver::tokio_driver::TokioDriver;
pub(crate) use exchange::exchange;

use self::driver::net_driver::NetDriver;
use self::driver::poll_driver::PollDriver;
use super::request::request_spec::RequestSpec;
use super::request::request_template::RequestTemplate;
use super::response::raw_response::RawResponse;
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
        let exchange = Box::pin(exchange::exchange(
            &self.template,
            &self.driver,
            &mut self.connection,
            request,
            request.cancel.cancelled(),
        ));
        self.driver.block_on(request.cancel, exchange)
    }
}
