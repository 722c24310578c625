//! A connection of hyper, driven by the task that waits for the response.

use super::{errors, progress::SharedProgress, socket::SharedSocket};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use flagpole_protocol::http1::ResponseLimits;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::net::TcpStream;

/// An open connection.
pub(crate) struct HyperConnection {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once the connection has ended.
    driver: Option<http1::Connection<TokioIo<SharedSocket>, Full<Bytes>>>,
    pub(super) socket: SharedSocket,
    /// The index of the endpoint that it leads to.
    pub(in crate::transport) endpoint: usize,
    /// When the connection was opened, from the start of the run.
    pub(super) opened: Duration,
}

impl HyperConnection {
    pub(super) async fn new(
        stream: TcpStream,
        endpoint: usize,
        opened: Duration,
    ) -> Result<Box<HyperConnection>, Outcome> {
        let socket = SharedSocket::new(stream);
        let handshake = http1::Builder::new()
            // The buffer starts at 8 KB and grows only when reads fill it.
            .max_buf_size(ResponseLimits::default().head)
            .allow_obsolete_multiline_headers_in_responses(true)
            .handshake(TokioIo::new(socket.clone()));
        let (sender, driver) = handshake
            .await
            .map_err(|error| errors::head_error(&error, 0))?;
        Ok(Box::new(HyperConnection {
            sender,
            driver: Some(driver),
            socket,
            endpoint,
            opened,
        }))
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        progress: &SharedProgress,
    ) -> hyper::Result<Response<Incoming>> {
        self.socket.begin(progress);
        let response = self.sender.send_request(request);
        self.drive(response).await
    }

    /// Waits for what depends on the connection.
    pub(super) async fn drive<W: Future>(&mut self, work: W) -> W::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Some(driver) = &mut self.driver
                // An error reaches `work` through the request or the body that it waits for.
                && Pin::new(driver).poll(cx).is_ready()
            {
                self.driver = None;
            }
            work.as_mut().poll(cx)
        })
        .await
    }

    /// Whether another request can be sent after a complete response.
    pub(super) fn is_reusable(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }
}
