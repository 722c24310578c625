//! A connection of hyper, driven by the task that waits for the response.

use super::counted_stream::{CountedStream, IoStats};
use super::driver::{DriverStream, NetDriver};
use super::response::{HEAD_LIMIT, ReceivedBody, reserved};
use super::{errors, request::RequestTemplate};
use bytes::{Bytes, BytesMut};
use flagpole_protocol::Outcome;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::{future::poll_fn, sync::Arc, task::Poll};

type ConnectionDriver<S> = http1::Connection<TokioIo<CountedStream<S>>, Empty<Bytes>>;
/// Why no head arrived, with the request if hyper did not send the request.
pub(super) type UnsentRequest = TrySendError<Request<Empty<Bytes>>>;

/// An open connection.
pub(crate) struct HyperConnection<S: DriverStream> {
    sender: SendRequest<Empty<Bytes>>,
    /// `None` once the connection has ended: dropping the driver makes hyper return an unsent request.
    driver: Option<ConnectionDriver<S>>,
    /// The socket of a connection that has ended. It is closed after the exchange, which says how.
    ended: Option<TokioIo<CountedStream<S>>>,
    /// The statistics of the exchange in progress.
    pub(super) stats: Arc<IoStats>,
    /// An empty map with the capacity of the last response's map, so that memory for fields is allocated once.
    pub(super) headers: HeaderMap,
}

impl<S: DriverStream> HyperConnection<S> {
    /// Connects, trying the addresses in order. Boxed, because every exchange takes the connection and puts it
    /// back.
    pub(super) async fn open<D>(
        template: &RequestTemplate,
        driver: &D,
    ) -> Result<Box<HyperConnection<S>>, Outcome>
    where
        D: NetDriver<Stream = S>,
    {
        let stream = connect(template, driver).await;
        let stream = stream.map_err(|error| errors::connect_failed(&error))?;
        let stats = Arc::new(IoStats::new(template.clock));
        let io = TokioIo::new(CountedStream::new(stream, stats.clone()));
        let handshake = http1::Builder::new()
            // The buffer starts at 8 KB and grows only when reads fill it.
            .max_buf_size(HEAD_LIMIT)
            .handshake(io)
            .await;
        let (sender, driver) = handshake.map_err(|error| errors::head_error(&error, 0))?;
        Ok(Box::new(HyperConnection {
            sender,
            driver: Some(driver),
            ended: None,
            stats,
            headers: HeaderMap::new(),
        }))
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, Box<UnsentRequest>> {
        let response = pin!(self.sender.try_send_request(request));
        let (driver, ended) = (&mut self.driver, &mut self.ended);
        drive(driver, ended, response).await.map_err(Box::new)
    }

    /// Reads the body of a response. The body has nearly always arrived with the head, so that the connection need not
    /// be driven.
    pub(super) async fn read(
        &mut self,
        body: Incoming,
        limit: usize,
        received: &mut ReceivedBody,
    ) -> Result<Bytes, Outcome> {
        let mut whole = pin!(collect_body(body, limit, &self.stats, received));
        let first_poll = poll_fn(|cx| Poll::Ready(whole.as_mut().poll(cx))).await;
        match first_poll {
            Poll::Ready(whole) => whole,
            Poll::Pending => drive(&mut self.driver, &mut self.ended, whole).await,
        }
    }

    /// Whether another request can be sent after a complete response.
    pub(super) fn is_reusable(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// Polls a future and the connection that it depends on. Moves the socket to `ended` when the connection has ended.
fn drive<S: DriverStream, W: Future>(
    connection: &mut Option<ConnectionDriver<S>>,
    ended: &mut Option<TokioIo<CountedStream<S>>>,
    mut work: Pin<&mut W>,
) -> impl Future<Output = W::Output> {
    poll_fn(move |cx| {
        if let Some(driver) = connection
            // An error reaches `work` through the request or the body that it waits for.
            && Pin::new(driver).poll(cx).is_ready()
        {
            *ended = connection.take().map(|driver| driver.into_parts().io);
        }
        work.as_mut().poll(cx)
    })
}

/// Tries the addresses in order and returns the last error.
async fn connect<D: NetDriver>(template: &RequestTemplate, driver: &D) -> io::Result<D::Stream> {
    let mut failed = ErrorKind::AddrNotAvailable.into();
    for address in &template.config.addresses {
        match driver.connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Reads the complete body and counts its bytes in `received`. A body that is declared too large is rejected
/// before any byte is read, any other body as soon as too many bytes have arrived.
async fn collect_body(
    mut body: Incoming,
    limit: usize,
    stats: &IoStats,
    received: &mut ReceivedBody,
) -> Result<Bytes, Outcome> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(Outcome::TooLarge);
    }
    let mut single = Bytes::new();
    let mut joined = BytesMut::new();
    // Polling for the end after all declared bytes would take as long as reading the body.
    while declared != Some(received.bytes)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| errors::body_error(&error))?;
        // Trailers are not part of the body.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        stats.on_progress();
        received.bytes += data.len() as u64;
        if received.bytes > limit as u64 {
            return Err(Outcome::TooLarge);
        }
        if let Some(partial) = &mut received.partial {
            partial.extend_from_slice(&data);
        }
        if declared == Some(data.len() as u64) {
            // Most flags arrive in one piece, which is not copied.
            single = data;
            continue;
        }
        if let (true, Some(length)) = (joined.is_empty(), declared) {
            joined.reserve(reserved(length));
        }
        joined.extend_from_slice(&data);
    }
    Ok(if joined.is_empty() {
        single
    } else {
        joined.freeze()
    })
}
