//! The client of strategies that block threads.

use super::thread_driver::ThreadDriver;
use super::{connection::Connection, exchange::exchange};
use crate::transport::request::RequestSpec;
use crate::transport::request_template::RequestTemplate;
use crate::transport::response::RawResponse;
use std::future::pending;
use std::{net::TcpStream, sync::Arc};

/// The client of a thread: at most one connection, and the driver that waits for it.
#[derive(Debug)]
pub(crate) struct BlockingClient {
    connection: Option<Box<Connection<Arc<TcpStream>>>>,
    driver: ThreadDriver,
    template: Arc<RequestTemplate>,
}

impl BlockingClient {
    /// A client that is not connected yet.
    pub(crate) fn new(template: Arc<RequestTemplate>) -> BlockingClient {
        BlockingClient {
            connection: None,
            driver: ThreadDriver::new(&template.cancel),
            template,
        }
    }

    /// Sends the request and blocks until the response is complete or the attempt has failed: the future is ready at
    /// its first poll. Connects first if there is no reusable connection.
    pub(crate) async fn exchange(&mut self, request: &RequestSpec<'_>) -> Box<RawResponse> {
        let idle = self
            .connection
            .as_ref()
            .map(|connection| &connection.socket);
        self.driver.set_token(request.cancel, idle);
        let (driver, connection) = (&mut self.driver, &mut self.connection);
        // The driver itself notices a cancellation.
        let response = exchange(&self.template, driver, connection, request, pending()).await;
        if request.cancel.is_cancelled() {
            // The cancellation may have shut the socket down after the response was complete.
            self.connection = None;
        }
        if self.connection.is_none() {
            // Otherwise the socket would stay open until the next connection.
            self.driver.release_sockets();
        }
        response
    }
}
