//! hyper's own client connection: one keep-alive connection a lane, no pool.
//!
//! The connection is driven by the very task that waits for its answer, so an exchange costs no
//! task, no channel between tasks and no second wake-up.

mod body;
mod classify;
mod connection;
mod io;
mod reactor;

pub(crate) use connection::Connection;
pub(crate) use reactor::EventLoop;

use self::connection::Unsent;
use self::reactor::{Reactor, Thread};
use super::head::Received;
use super::{BlockingClient, RawResponse, RequestSpec, RequestTemplate, Transport};
use ::hyper::body::Incoming;
use bytes::Bytes;
use flagpole_protocol::Outcome;
use flagpole_protocol::TimeoutKind;
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// The transport.
#[derive(Debug)]
pub struct Hyper;

impl Transport for Hyper {
    fn name(&self) -> &'static str {
        "hyper"
    }

    fn about(&self) -> &'static str {
        "hyper's connection API, one keep-alive connection a lane"
    }

    fn lane(&self, wire: Arc<RequestTemplate>) -> std::io::Result<Box<dyn BlockingClient>> {
        Ok(Box::new(HyperLane {
            connection: None,
            thread: Thread::default(),
            wire,
        }))
    }
}

/// A connection, and what one thread needs to wait for it.
struct HyperLane {
    connection: Option<Box<Connection<<Thread as Reactor>::Stream>>>,
    thread: Thread,
    wire: Arc<RequestTemplate>,
}

impl BlockingClient for HyperLane {
    fn exchange(&mut self, attempt: &RequestSpec<'_>) -> Box<RawResponse> {
        // On the heap, where it takes what it needs: a stack is had by the page, and one more for each of a
        // thousand lanes is 4 MB.
        let exchange = Box::pin(exchange(
            &self.wire,
            &self.thread,
            &mut self.connection,
            attempt,
            attempt.cancel.cancelled(),
        ));
        self.thread.block_on(attempt.cancel, exchange)
    }
}

/// Makes one attempt over the connection in `slot`, or over a new one if there is none that can be
/// used. The connection is in `slot` again afterwards if it can serve another request. The attempt is
/// over when `cancelled` ends: a future that outlives attempts need not be made for each.
pub(crate) async fn exchange<R: Reactor>(
    wire: &RequestTemplate,
    reactor: &R,
    slot: &mut Option<Box<Connection<R::Stream>>>,
    attempt: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    // Put back only after an exchange without fault, so that it is closed in every other case, be it that
    // this future is dropped.
    let mut connection = slot.take();
    let mut exchange = Box::<RawResponse>::default();
    let mut received = Received::none(wire.resumes);
    let conversation = Conversation {
        wire,
        reactor,
        connection: &mut connection,
        exchange: &mut exchange,
    };
    let result = tokio::select! {
        biased;
        result = conversation.hold(attempt, &mut received) => result,
        () = cancelled => Err(Outcome::Cancelled),
        () = expiry(reactor, wire.timeouts.whole) => Err(late(TimeoutKind::Total, wire.timeouts.whole)),
    };
    exchange.first_byte = connection.as_ref().and_then(|used| used.first_byte());
    if result.is_ok() && wire.reuse {
        *slot = connection.filter(|used| used.is_reusable());
    }
    exchange.ends(received, result);
    exchange
}

/// Ends after the limit, or never.
async fn expiry<R: Reactor>(reactor: &R, limit: Option<Duration>) {
    match limit {
        Some(limit) => reactor.sleep(limit).await,
        None => pending().await,
    }
}

fn late(which: TimeoutKind, limit: Option<Duration>) -> Outcome {
    Outcome::Timeout(which, limit.unwrap_or_default())
}

/// A new connection, unless it takes longer than its limit.
async fn open<R: Reactor>(
    wire: &RequestTemplate,
    reactor: &R,
) -> Result<Box<Connection<R::Stream>>, Outcome> {
    let limit = wire.timeouts.connect;
    tokio::select! {
        biased;
        opened = Connection::open(wire, reactor) => opened,
        () = expiry(reactor, limit) => Err(late(TimeoutKind::Connect, limit)),
    }
}

/// An exchange under way.
struct Conversation<'a, R: Reactor> {
    wire: &'a RequestTemplate,
    reactor: &'a R,
    /// The connection that is used, which the exchange may outlive.
    connection: &'a mut Option<Box<Connection<R::Stream>>>,
    /// What has been seen so far, whenever it is broken off.
    exchange: &'a mut RawResponse,
}

impl<R: Reactor> Conversation<'_, R> {
    async fn hold(
        mut self,
        attempt: &RequestSpec<'_>,
        received: &mut Received,
    ) -> Result<Bytes, Outcome> {
        let response = self.ask(attempt).await?;
        self.exchange.see_head(&response);
        let (parts, body) = response.into_parts();
        let connection = self.connection.as_mut().expect("it has just been used");
        connection.keep(parts.headers, self.exchange.stays);
        connection.read(body, self.wire.body_limit, received).await
    }

    /// Sends the request and waits for the head of its answer.
    ///
    /// A used connection may turn out to be closed before anything was written: hyper hands the request
    /// back then, and it goes out on a new connection. Nothing else is ever sent twice: once bytes may
    /// have reached the server it is an attempt, and that counts.
    async fn ask(&mut self, attempt: &RequestSpec<'_>) -> Result<Response<Incoming>, Outcome> {
        let headers = self.connection.as_mut().map(|used| used.headers());
        let mut request = request(self.wire, attempt, headers.unwrap_or_default());
        if let Some(used) = self.connection {
            match send(self.wire, self.reactor, used, request, true, self.exchange).await? {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(used.blame(&error.into_error())),
                },
            }
        }
        *self.connection = None;
        self.exchange.reused = false;
        self.exchange.sent = self.wire.clock.now();
        let new = self.connection.insert(open(self.wire, self.reactor).await?);
        match send(self.wire, self.reactor, new, request, false, self.exchange).await? {
            Ok(response) => Ok(response),
            Err(error) => Err(new.blame(&error.into_error())),
        }
    }
}

/// Sends it on this connection and waits for the head, no longer than the first byte may take: a head
/// that has begun has the rest of the whole time.
async fn send<R: Reactor>(
    wire: &RequestTemplate,
    reactor: &R,
    connection: &mut Connection<R::Stream>,
    request: Request<Empty<Bytes>>,
    used: bool,
    exchange: &mut RawResponse,
) -> Result<Result<Response<Incoming>, Box<Unsent>>, Outcome> {
    connection.begin(used);
    exchange.reused = used;
    exchange.sent = wire.clock.now();
    let Some(limit) = wire.timeouts.first_byte else {
        return Ok(connection.send(request).await);
    };
    let probe = connection.probe();
    let mut head = pin!(connection.send(request));
    tokio::select! {
        biased;
        head = &mut head => return Ok(head),
        () = reactor.sleep(limit) => {}
    }
    if probe.first_byte().is_none() {
        return Err(Outcome::Timeout(TimeoutKind::FirstByte, limit));
    }
    Ok(head.await)
}

/// `headers` are an empty map.
fn request(
    wire: &RequestTemplate,
    attempt: &RequestSpec<'_>,
    mut headers: HeaderMap,
) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = wire.uri(attempt.resource, attempt.path);
    wire.fill(&mut headers, attempt);
    *request.headers_mut() = headers;
    request
}
