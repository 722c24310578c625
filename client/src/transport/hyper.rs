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
use self::io::Probe;
use self::reactor::{Reactor, Thread};
use super::head::Received;
use super::{Attempt, Exchange, Lane, Transport, Wire};
use crate::outcome::Outcome;
use crate::policy::Limit;
use ::hyper::body::Incoming;
use bytes::Bytes;
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

    fn lane(&self, wire: Arc<Wire>) -> std::io::Result<Box<dyn Lane>> {
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
    wire: Arc<Wire>,
}

impl Lane for HyperLane {
    fn exchange(&mut self, attempt: &Attempt<'_>) -> Box<Exchange> {
        // Handed over by reference, or it would be moved about, each time on more of the stack.
        let exchange = pin!(exchange(
            &self.wire,
            &self.thread,
            &mut self.connection,
            attempt,
            attempt.cancel.cancelled()
        ));
        self.thread.block_on(attempt.cancel, exchange)
    }
}

/// Makes one attempt over the connection in `slot`, or over a new one if there is none that can be
/// used. The connection is in `slot` again afterwards if it can serve another request. The attempt is
/// over when `cancelled` ends: a future that outlives attempts need not be made for each.
pub(crate) async fn exchange<R: Reactor>(
    wire: &Wire,
    reactor: &R,
    slot: &mut Option<Box<Connection<R::Stream>>>,
    attempt: &Attempt<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<Exchange> {
    let mut seen = Seen {
        exchange: Box::default(),
        received: Received::none(wire.resumes),
        probe: None,
    };
    let result = tokio::select! {
        biased;
        result = converse(wire, reactor, slot, attempt, &mut seen) => result,
        () = cancelled => Err(Outcome::Cancelled),
        () = expiry(reactor, wire.timeouts.whole) => Err(late(Limit::Whole, wire.timeouts.whole)),
    };
    let mut exchange = seen.exchange;
    exchange.first_byte = seen.probe.and_then(|probe| probe.first_byte());
    exchange.ends(seen.received, result);
    exchange
}

/// What has been seen of an exchange so far, whenever it is broken off.
struct Seen {
    /// Boxed, as it is handed about when it has ended.
    exchange: Box<Exchange>,
    received: Received,
    probe: Option<Arc<Probe>>,
}

/// Ends after the limit, or never.
async fn expiry<R: Reactor>(reactor: &R, limit: Option<Duration>) {
    match limit {
        Some(limit) => reactor.sleep(limit).await,
        None => pending().await,
    }
}

fn late(which: Limit, limit: Option<Duration>) -> Outcome {
    Outcome::Timeout(which, limit.unwrap_or_default())
}

/// A new connection, unless it takes longer than its limit.
async fn open<R: Reactor>(
    wire: &Wire,
    reactor: &R,
) -> Result<Box<Connection<R::Stream>>, Outcome> {
    let limit = wire.timeouts.connect;
    tokio::select! {
        biased;
        opened = Connection::open(wire, reactor) => opened,
        () = expiry(reactor, limit) => Err(late(Limit::Connect, limit)),
    }
}

/// The exchange itself. The connection is taken out of the slot and put back only after an exchange
/// without fault, so that it is closed in every other case, be it that this future is dropped.
async fn converse<R: Reactor>(
    wire: &Wire,
    reactor: &R,
    slot: &mut Option<Box<Connection<R::Stream>>>,
    attempt: &Attempt<'_>,
    seen: &mut Seen,
) -> Result<Bytes, Outcome> {
    let (mut connection, response) = ask(wire, reactor, slot.take(), attempt, seen).await?;
    seen.exchange.see_head(&response);
    let probe = connection.probe();
    probe.has_head(seen.exchange.stays);
    let (parts, body) = response.into_parts();
    connection.keep(parts.headers);
    let collect = body::collect(body, wire.body_limit, &probe, &mut seen.received);
    let body = connection.drive(pin!(collect)).await?;
    if wire.reuse && connection.is_reusable() {
        *slot = Some(connection);
    }
    Ok(body)
}

/// Sends the request and waits for the head of its answer.
///
/// A used connection may turn out to be closed before anything was written: hyper hands the request
/// back then, and it goes out on a new connection. Nothing else is ever sent twice: once bytes may
/// have reached the server it is an attempt, and that counts.
async fn ask<R: Reactor>(
    wire: &Wire,
    reactor: &R,
    mut used: Option<Box<Connection<R::Stream>>>,
    attempt: &Attempt<'_>,
    seen: &mut Seen,
) -> Result<(Box<Connection<R::Stream>>, Response<Incoming>), Outcome> {
    let headers = used.as_mut().map(|used| used.headers());
    let headers = headers.unwrap_or_default();
    let mut request = request(wire, attempt, headers);
    if let Some(mut connection) = used {
        match send(wire, reactor, &mut connection, request, true, seen).await? {
            Ok(response) => return Ok((connection, response)),
            Err(mut error) => match error.take_message() {
                Some(unsent) => request = unsent,
                None => return Err(connection.blame(&error.into_error())),
            },
        }
    }
    seen.exchange.sent = wire.clock.now();
    let mut connection = open(wire, reactor).await?;
    match send(wire, reactor, &mut connection, request, false, seen).await? {
        Ok(response) => Ok((connection, response)),
        Err(error) => Err(connection.blame(&error.into_error())),
    }
}

/// Sends it on this connection and waits for the head, no longer than the first byte may take: a head
/// that has begun has the rest of the whole time.
async fn send<R: Reactor>(
    wire: &Wire,
    reactor: &R,
    connection: &mut Connection<R::Stream>,
    request: Request<Empty<Bytes>>,
    used: bool,
    seen: &mut Seen,
) -> Result<Result<Response<Incoming>, Box<Unsent>>, Outcome> {
    let probe = connection.begin(used);
    seen.probe = Some(probe.clone());
    seen.exchange.reused = used;
    seen.exchange.sent = wire.clock.now();
    let limit = wire.timeouts.first_byte;
    let mut head = pin!(connection.send(request));
    tokio::select! {
        biased;
        head = &mut head => return Ok(head),
        () = expiry(reactor, limit) => {}
    }
    if probe.first_byte().is_none() {
        return Err(late(Limit::FirstByte, limit));
    }
    Ok(head.await)
}

/// `headers` are an empty map.
fn request(wire: &Wire, attempt: &Attempt<'_>, mut headers: HeaderMap) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = wire.uri(attempt.resource, attempt.path);
    wire.fill(&mut headers, attempt);
    *request.headers_mut() = headers;
    request
}
