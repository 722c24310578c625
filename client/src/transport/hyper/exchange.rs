//! Makes one attempt: sends a request and reads its response.

use super::connection::{HyperConnection, UnsentRequest};
use super::driver::net_driver::NetDriver;
use crate::transport::request::request_spec::RequestSpec;
use crate::transport::request::request_template::RequestTemplate;
use crate::transport::response::raw_response::RawResponse;
use crate::transport::response::received_body::ReceivedBody;
use bytes::Bytes;
use flagpole_protocol::{Outcome, TimeoutKind};
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

/// Makes one attempt over the connection in `slot`, or over a new connection if that one cannot be used.
/// Afterwards `slot` holds the connection if it can serve another request. The attempt ends when `cancelled`
/// does; a caller may use one such future for several attempts.
pub(crate) async fn exchange<D: NetDriver>(
    template: &RequestTemplate,
    driver: &D,
    slot: &mut Option<Box<HyperConnection<D::Stream>>>,
    request: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    // Returned to the slot only after a successful exchange: dropping this future closes the connection too.
    let mut connection = slot.take();
    let mut response = Box::<RawResponse>::default();
    let config = &template.config;
    let mut received = ReceivedBody::new(config.keep_partial_bodies);
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
        () = sleep_or_pending(driver, total) => Err(timeout_error(TimeoutKind::Total, total)),
    };
    response.first_byte = connection.as_ref().and_then(|used| used.first_byte());
    if result.is_ok() && config.reuse {
        *slot = connection.filter(|used| used.is_reusable());
    }
    response.finish(received, result);
    response
}

/// Sleeps until the limit; without a limit, never completes.
async fn sleep_or_pending<D: NetDriver>(driver: &D, limit: Option<Duration>) {
    match limit {
        Some(limit) => driver.sleep(limit).await,
        None => pending().await,
    }
}

fn timeout_error(kind: TimeoutKind, limit: Option<Duration>) -> Outcome {
    Outcome::Timeout(kind, limit.unwrap_or_default())
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
        () = sleep_or_pending(driver, limit) => Err(timeout_error(TimeoutKind::Connect, limit)),
    }
}

/// An exchange in progress.
struct HyperExchange<'a, D: NetDriver> {
    template: &'a RequestTemplate,
    driver: &'a D,
    /// The connection in use, which may outlive the exchange.
    connection: &'a mut Option<Box<HyperConnection<D::Stream>>>,
    /// What has arrived so far, also if the exchange is broken off.
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
        let (parts, body) = response.into_parts();
        let connection = self
            .connection
            .as_mut()
            .expect("the request was sent over a connection");
        connection.recycle_headers(parts.headers, self.response.keep_alive);
        let limit = self.template.config.body_limit;
        connection.read(body, limit, received).await
    }

    /// Sends the request and waits for the head of the response.
    ///
    /// A used connection may be found closed before anything was written: hyper then returns the request, which
    /// goes out on a new connection. A request of which bytes may have reached the server is never sent again
    /// here, because that would be another attempt.
    async fn send_request(
        &mut self,
        request: &RequestSpec<'_>,
    ) -> Result<Response<Incoming>, Outcome> {
        let headers = self.connection.as_mut().map(|used| used.take_headers());
        let mut request = hyper_request(self.template, request, headers.unwrap_or_default());
        if let Some(used) = self.connection {
            match send(
                self.template,
                self.driver,
                used,
                request,
                true,
                self.response,
            )
            .await?
            {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(used.classify_error(&error.into_error())),
                },
            }
        }
        *self.connection = None;
        self.response.reused = false;
        self.response.sent = self.template.clock.now();
        let opened = open(self.template, self.driver).await?;
        let new = self.connection.insert(opened);
        match send(
            self.template,
            self.driver,
            new,
            request,
            false,
            self.response,
        )
        .await?
        {
            Ok(response) => Ok(response),
            Err(error) => Err(new.classify_error(&error.into_error())),
        }
    }
}

/// Sends the request over this connection and waits for the head. The first-byte timeout applies until the first
/// byte, to the rest of the head only the total timeout.
async fn send<D: NetDriver>(
    template: &RequestTemplate,
    driver: &D,
    connection: &mut HyperConnection<D::Stream>,
    request: Request<Empty<Bytes>>,
    reused: bool,
    response: &mut RawResponse,
) -> Result<Result<Response<Incoming>, Box<UnsentRequest>>, Outcome> {
    connection.begin(reused);
    response.reused = reused;
    response.sent = template.clock.now();
    let Some(limit) = template.config.timeouts.first_byte else {
        return Ok(connection.send(request).await);
    };
    let stats = connection.stats();
    let mut head = pin!(connection.send(request));
    tokio::select! {
        biased;
        head = &mut head => return Ok(head),
        () = driver.sleep(limit) => {}
    }
    if stats.first_byte().is_none() {
        return Err(Outcome::Timeout(TimeoutKind::FirstByte, limit));
    }
    Ok(head.await)
}

/// `headers` must be empty.
fn hyper_request(
    template: &RequestTemplate,
    spec: &RequestSpec<'_>,
    mut headers: HeaderMap,
) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = template.uri(spec.resource, spec.path);
    template.write_headers(&mut headers, spec);
    *request.headers_mut() = headers;
    request
}
