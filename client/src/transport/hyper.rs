//! hyper's own client connection: one keep-alive connection a lane, no pool.
//!
//! The connection is driven by the very task that waits for its answer, so an exchange costs no
//! task, no channel between tasks and no second wake-up.

mod body;
mod classify;
mod connection;
mod io;

pub(crate) use connection::Connection;

use self::io::Probe;
use super::{Exchange, Lane, Transport, Wire};
use crate::outcome::Outcome;
use crate::plan::Job;
use ::hyper::body::Incoming;
use bytes::Bytes;
use flagpole_fixtures::{Digest, Timing};
use http::header::{HeaderMap, HeaderName};
use http::{Request, Response};
use http_body_util::Empty;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// Events that a lane's reactor takes from the kernel at once. A lane has one socket; the default of
/// 1,024 would cost 16 KB.
const EVENTS: usize = 8;

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
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_io_events_per_tick(EVENTS)
            .build()?;
        Ok(Box::new(HyperLane {
            connection: None,
            runtime,
            wire,
        }))
    }
}

/// A runtime and a connection for one thread. The connection comes first, as fields are dropped in
/// this order and it is registered with the runtime.
struct HyperLane {
    connection: Option<Connection>,
    runtime: Runtime,
    wire: Arc<Wire>,
}

impl Lane for HyperLane {
    fn exchange(&mut self, job: &Job) -> Exchange {
        self.runtime
            .block_on(exchange(&self.wire, &mut self.connection, job))
    }
}

/// Makes one attempt over the connection in `slot`, or over a new one if there is none that can be
/// used. The connection is in `slot` again afterwards if it can serve another request.
pub(crate) async fn exchange(wire: &Wire, slot: &mut Option<Connection>, job: &Job) -> Exchange {
    let mut seen = Seen {
        sent: wire.clock.now(),
        ..Seen::default()
    };
    let result = tokio::select! {
        biased;
        result = converse(wire, slot, job, &mut seen) => result,
        () = wire.cancel.cancelled() => Err(Outcome::Cancelled),
        limit = expiry(wire.timeout) => Err(Outcome::Timeout(limit)),
    };
    Exchange {
        sent: seen.sent,
        first_byte: seen.probe.and_then(|probe| probe.first_byte()),
        status: seen.status,
        timing: seen.timing,
        digest: seen.digest,
        bytes: seen.bytes,
        result,
    }
}

/// What has been seen of an exchange so far, whenever it is broken off.
#[derive(Default)]
struct Seen {
    sent: Duration,
    probe: Option<Arc<Probe>>,
    status: Option<u16>,
    timing: Option<Timing>,
    digest: Option<Digest>,
    bytes: u64,
}

/// Ends after the limit, or never.
async fn expiry(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => pending().await,
    }
}

/// The exchange itself. The connection is taken out of the slot and put back only after an exchange
/// without fault, so that it is closed in every other case, be it that this future is dropped.
async fn converse(
    wire: &Wire,
    slot: &mut Option<Connection>,
    job: &Job,
    seen: &mut Seen,
) -> Result<Bytes, Outcome> {
    let (mut connection, response) = ask(wire, slot.take(), job, seen).await?;
    seen.status = Some(response.status().as_u16());
    seen.timing = find(response.headers(), &SERVER_TIMING, Timing::from_header);
    seen.digest = find(response.headers(), &CONTENT_DIGEST, Digest::from_header);
    let collect = body::collect(response.into_body(), wire.body_limit, &mut seen.bytes);
    let body = connection.drive(collect).await?;
    if connection.is_reusable() {
        *slot = Some(connection);
    }
    Ok(body)
}

/// Sends the request and waits for the head of its answer.
///
/// A used connection may turn out to be closed before anything was written: hyper hands the request
/// back then, and it goes out on a new connection. Nothing else is ever sent twice: once bytes may
/// have reached the server it is an attempt, and that counts.
async fn ask(
    wire: &Wire,
    used: Option<Connection>,
    job: &Job,
    seen: &mut Seen,
) -> Result<(Connection, Response<Incoming>), Outcome> {
    let mut request = request(wire, job);
    if let Some(mut connection) = used {
        seen.probe = Some(connection.begin(true));
        seen.sent = wire.clock.now();
        match connection.send(request).await {
            Ok(response) => return Ok((connection, response)),
            Err(mut error) => match error.take_message() {
                Some(unsent) => request = unsent,
                None => return Err(connection.blame(&error.into_error())),
            },
        }
    }
    let mut connection = Connection::open(wire).await?;
    seen.probe = Some(connection.begin(false));
    seen.sent = wire.clock.now();
    match connection.send(request).await {
        Ok(response) => Ok((connection, response)),
        Err(error) => Err(connection.blame(&error.into_error())),
    }
}

fn request(wire: &Wire, job: &Job) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = wire.uri(job.resource);
    *request.headers_mut() = wire.headers(job);
    request
}

/// The first field of this name that can be read.
fn find<T>(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Option<T>) -> Option<T> {
    headers
        .get_all(name)
        .iter()
        .find_map(|value| read(value.to_str().ok()?))
}
