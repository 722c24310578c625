//! Makes one exchange: sends a request and reads its response.

use super::connection::{HyperConnection, UnsentRequest};
use super::request::{RequestSpec, RequestTemplate};
use super::response::{RawResponse, ReceivedBody};
use super::{driver::NetDriver, errors};
use bytes::{Bytes, BytesMut};
use flagpole_protocol::{Outcome, TimeoutKind};
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use std::{mem::take, pin::pin, time::Duration};

/// Makes one exchange over the connection in `pooled`, or over a new connection if that connection cannot be used.
/// Afterwards `pooled` holds the connection if another request can be sent over it. The exchange ends early when
/// `cancelled` completes; a caller may use the same future for several exchanges.
pub(crate) async fn exchange<D: NetDriver>(
    template: &RequestTemplate,
    driver: &D,
    pooled: &mut Option<Box<HyperConnection<D::Stream>>>,
    request: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    // Put back only after a successful exchange, so that dropping this future closes the connection, by a reset if a
    // response is outstanding.
    let mut connection = pooled.take();
    let mut response = Box::<RawResponse>::default();
    let config = &template.config;
    let mut received = ReceivedBody {
        bytes: 0,
        partial: config.keep_partial_bodies.then(BytesMut::new),
    };
    let total = config.timeouts.total;
    let exchange = HyperExchange {
        template,
        driver,
        connection: &mut connection,
        response: &mut response,
    };
    let result = tokio::select! {
        biased;
        result = exchange.run(request, &mut received) => result,
        () = cancelled => Err(Outcome::Cancelled),
        () = driver.sleep(total.unwrap_or_default()), if total.is_some() => Err(timeout_error(TimeoutKind::Total, total)),
    };
    response.first_byte = connection.as_ref().and_then(|used| used.stats.first_byte());
    if result.is_ok() && config.reuse {
        *pooled = connection.filter(|used| used.is_reusable());
    }
    response.finish(received, result);
    response
}

fn timeout_error(kind: TimeoutKind, timeout: Option<Duration>) -> Outcome {
    Outcome::Timeout(kind, timeout.unwrap_or_default())
}

/// Opens a connection within the connect timeout.
async fn open<D: NetDriver>(
    template: &RequestTemplate,
    driver: &D,
) -> Result<Box<HyperConnection<D::Stream>>, Outcome> {
    let limit = template.config.timeouts.connect;
    tokio::select! {
        biased;
        opened = HyperConnection::open(template, driver) => opened,
        () = driver.sleep(limit.unwrap_or_default()), if limit.is_some() => Err(timeout_error(TimeoutKind::Connect, limit)),
    }
}

/// An exchange in progress.
struct HyperExchange<'a, D: NetDriver> {
    template: &'a RequestTemplate,
    driver: &'a D,
    /// The connection in use; outlives the exchange if reused.
    connection: &'a mut Option<Box<HyperConnection<D::Stream>>>,
    /// Records what has arrived so far, even if the exchange fails later.
    response: &'a mut RawResponse,
}

impl<D: NetDriver> HyperExchange<'_, D> {
    async fn run(
        mut self,
        request: &RequestSpec<'_>,
        received: &mut ReceivedBody,
    ) -> Result<Bytes, Outcome> {
        let response = self.send_request(request).await?;
        self.response.record_headers(&response);
        let (mut parts, body) = response.into_parts();
        let connection = self
            .connection
            .as_mut()
            .expect("the request was sent over a connection");
        connection.stats.on_head(self.response.keep_alive);
        parts.headers.clear();
        connection.headers = parts.headers;
        let limit = self.template.config.body_limit;
        let body = connection.read(body, limit, received).await?;
        connection.stats.on_complete();
        Ok(body)
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// A reused connection may turn out to be closed before any byte was written: hyper then returns the request, which
    /// is sent over a new connection. A request of which bytes may have reached the server is not sent again, because
    /// that would be another attempt.
    async fn send_request(
        &mut self,
        request: &RequestSpec<'_>,
    ) -> Result<Response<Incoming>, Outcome> {
        let recycled = self.connection.as_mut().map(|used| take(&mut used.headers));
        let mut request = hyper_request(self.template, request, recycled.unwrap_or_default());
        if let Some(used) = self.connection.take() {
            match self.send_over(used, request, true).await? {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(self.classify(error)),
                },
            }
        }
        *self.connection = None;
        self.response.reused = false;
        self.response.sent = self.template.clock.now();
        let opened = open(self.template, self.driver).await?;
        let head = self.send_over(opened, request, false).await?;
        head.map_err(|error| self.classify(error))
    }

    /// Sends the request over this connection, which becomes the connection in use, and waits for the head. The first-byte
    /// timeout applies until the first byte of the head, and only the total timeout afterwards. The outer error is that
    /// timeout; the inner error is hyper's, with the request if hyper did not send it.
    async fn send_over(
        &mut self,
        connection: Box<HyperConnection<D::Stream>>,
        request: Request<Empty<Bytes>>,
        reused: bool,
    ) -> Result<Result<Response<Incoming>, Box<UnsentRequest>>, Outcome> {
        let connection = self.connection.insert(connection);
        connection.stats.begin(reused);
        self.response.reused = reused;
        self.response.sent = self.template.clock.now();
        let Some(limit) = self.template.config.timeouts.first_byte else {
            return Ok(connection.send(request).await);
        };
        let stats = connection.stats.clone();
        let mut head = pin!(connection.send(request));
        tokio::select! {
            biased;
            head = &mut head => return Ok(head),
            () = self.driver.sleep(limit) => {}
        }
        if stats.first_byte().is_none() {
            return Err(Outcome::Timeout(TimeoutKind::FirstByte, limit));
        }
        Ok(head.await)
    }

    fn classify(&self, error: Box<UnsentRequest>) -> Outcome {
        let received = self
            .connection
            .as_ref()
            .map_or(0, |used| used.stats.received());
        errors::head_error(&error.into_error(), received)
    }
}

/// The request in hyper's type. `headers` is an empty map, whose memory is used for the fields.
fn hyper_request(
    template: &RequestTemplate,
    spec: &RequestSpec<'_>,
    headers: HeaderMap,
) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = template.uri(spec.resource, spec.path);
    *request.headers_mut() = headers;
    template.write_headers(request.headers_mut(), spec);
    request
}
