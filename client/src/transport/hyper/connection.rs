//! One connection, driven by whoever waits for its answer.

use super::body;
use super::classify;
use super::io::{Io, Probe};
use super::reactor::{Reactor, Stream};
use crate::transport::head::Received;
use crate::transport::{HEAD_LIMIT, RequestTemplate, io_error};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

type Driver<S> = http1::Connection<TokioIo<Io<S>>, Empty<Bytes>>;
/// Why there is no head, perhaps with the request, which then was not sent.
pub(super) type Unsent = TrySendError<Request<Empty<Bytes>>>;

/// An open connection.
pub(crate) struct Connection<S: Stream> {
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once it has ended: dropping it is what makes hyper give back a request that waits.
    driver: Option<Driver<S>>,
    probe: Arc<Probe>,
    /// An empty map of the last answer's size: what a request and its answer need is allocated once.
    headers: HeaderMap,
}

impl<S: Stream> Connection<S> {
    /// Connects, trying the addresses in order. Boxed, as a connection moves in and out of its slot with every
    /// exchange.
    pub(super) async fn open<R>(
        wire: &RequestTemplate,
        reactor: &R,
    ) -> Result<Box<Connection<S>>, Outcome>
    where
        R: Reactor<Stream = S>,
    {
        let stream = connect(wire, reactor).await;
        let stream = stream.map_err(|error| io_error::connect_failed(&error))?;
        let probe = Arc::new(Probe::new(wire.clock));
        let io = TokioIo::new(Io::new(stream, probe.clone()));
        let handshake = http1::Builder::new()
            // It starts at 8 KB and grows only when reads fill it.
            .max_buf_size(HEAD_LIMIT)
            .handshake(io)
            .await;
        let (sender, driver) = handshake.map_err(|error| classify::answer(&error, 0))?;
        Ok(Box::new(Connection {
            sender,
            driver: Some(driver),
            probe,
            headers: HeaderMap::new(),
        }))
    }

    /// Prepares for the next exchange, the first on this connection or not.
    pub(super) fn begin(&self, used: bool) {
        self.probe.begin(used);
    }

    /// What tells of the exchange under way while it is waited for.
    pub(super) fn probe(&self) -> Arc<Probe> {
        self.probe.clone()
    }

    /// When the answer of the last exchange began.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        self.probe.first_byte()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, Box<Unsent>> {
        let answer = pin!(self.sender.try_send_request(request));
        drive(&mut self.driver, answer).await.map_err(Box::new)
    }

    /// Reads the body of the answer whose head has come. Nearly always it came with the head, and there is
    /// nothing to be driven.
    pub(super) async fn read(
        &mut self,
        body: Incoming,
        limit: usize,
        received: &mut Received,
    ) -> Result<Bytes, Outcome> {
        let mut whole = pin!(body::collect(body, limit, &self.probe, received));
        let there = poll_fn(|cx| Poll::Ready(whole.as_mut().poll(cx))).await;
        match there {
            Poll::Ready(whole) => whole,
            Poll::Pending => drive(&mut self.driver, whole).await,
        }
    }

    /// The head of the final answer is there, and promises that the connection will be kept, or does not. Its
    /// map is kept for the next request, its values are let go.
    pub(super) fn keep(&mut self, mut headers: HeaderMap, stays: bool) {
        self.probe.has_head(stays);
        headers.clear();
        self.headers = headers;
    }

    /// The map that was kept, or a new one.
    pub(super) fn headers(&mut self) -> HeaderMap {
        std::mem::take(&mut self.headers)
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

/// Does some work that a connection has to be driven for.
fn drive<S: Stream, W: Future>(
    connection: &mut Option<Driver<S>>,
    mut work: Pin<&mut W>,
) -> impl Future<Output = W::Output> {
    poll_fn(move |cx| {
        if let Some(driver) = connection
            // An error reaches the work through the request or the body it waits for.
            && Pin::new(driver).poll(cx).is_ready()
        {
            *connection = None;
        }
        work.as_mut().poll(cx)
    })
}

/// Tries the addresses in order; of several failures the last is told.
async fn connect<R: Reactor>(wire: &RequestTemplate, reactor: &R) -> io::Result<R::Stream> {
    let mut failed = ErrorKind::AddrNotAvailable.into();
    for address in &wire.addresses {
        match reactor.connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
