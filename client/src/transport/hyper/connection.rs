//! One connection, driven by whoever waits for its answer.

use super::classify;
use super::io::{Io, Probe};
use crate::outcome::Outcome;
use crate::transport::{HEAD_LIMIT, Wire, system};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use tokio::net::TcpStream;

type Driver = http1::Connection<TokioIo<Io>, Empty<Bytes>>;
/// Why there is no head, perhaps with the request, which then was not sent.
pub(super) type Unsent = TrySendError<Request<Empty<Bytes>>>;

/// An open connection.
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once it has ended: dropping it is what makes hyper give back a request that waits. Boxed, as
    /// a connection moves in and out of its slot with every exchange.
    driver: Option<Box<Driver>>,
    probe: Arc<Probe>,
}

impl Connection {
    /// Connects, trying the addresses in order.
    pub(super) async fn open(wire: &Wire) -> Result<Connection, Outcome> {
        let refused = |error| system::connecting(&error);
        let stream = TcpStream::connect(&wire.addresses[..])
            .await
            .map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let probe = Arc::new(Probe::new(wire.clock));
        let io = TokioIo::new(Io::new(stream, probe.clone()));
        let handshake = http1::Builder::new()
            // It starts at 8 KB and grows only when reads fill it.
            .max_buf_size(HEAD_LIMIT)
            .handshake(io)
            .await;
        let (sender, driver) = handshake.map_err(|error| classify::answer(&error, 0))?;
        Ok(Connection {
            sender,
            driver: Some(Box::new(driver)),
            probe,
        })
    }

    /// Prepares for the next exchange, and returns what will tell when its answer begins.
    pub(super) fn begin(&self, used: bool) -> Arc<Probe> {
        self.probe.begin(used);
        self.probe.clone()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, Unsent> {
        let answer = self.sender.try_send_request(request);
        self.drive(answer).await
    }

    /// Does some work that this connection has to be driven for.
    pub(super) async fn drive<W: Future>(&mut self, work: W) -> W::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Some(driver) = &mut self.driver
                // An error reaches the work through the request or the body it waits for.
                && Pin::new(driver).poll(cx).is_ready()
            {
                self.driver = None;
            }
            work.as_mut().poll(cx)
        })
        .await
    }

    /// Whether another request can be sent; asked after the end of an answer.
    pub(super) fn is_reusable(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }

    /// What a failure to get the head of an answer amounts to.
    pub(super) fn blame(&self, error: &hyper::Error) -> Outcome {
        classify::answer(error, self.probe.received())
    }
}
