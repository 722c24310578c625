//! Makes one exchange: sends a request and receives its response.

use super::{connection::HyperConnection, errors, progress::SharedProgress};
use crate::transport::connect::connect_async;
use crate::transport::request::RequestSpec;
use crate::transport::request_template::RequestTemplate;
use crate::transport::response::{RawResponse, reserved};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::ext::on_informational;

/// Makes one exchange over the connection in `pooled`, or over a new connection if that connection cannot be used.
/// Afterwards `pooled` holds the connection if another request can be sent over it. The exchange ends early when
/// `cancelled` completes.
pub(crate) async fn exchange(
    template: &RequestTemplate,
    pooled: &mut Option<Box<HyperConnection>>,
    request: &RequestSpec<'_>,
    cancelled: impl Future<Output = ()>,
) -> Box<RawResponse> {
    // Put back only after a successful exchange, so that dropping this future closes the connection, by a reset if a
    // response is outstanding.
    let mut connection = pooled.take();
    let mut response = Box::<RawResponse>::default();
    response.started = template.clock.now();
    response.sent = response.started;
    response.fields = template.config.captures_fields.then(Box::default);
    let progress = SharedProgress::new(template, response.sent);
    let mut body = Vec::new();
    let work = HyperExchange {
        template,
        connection: &mut connection,
        progress: &progress,
        response: &mut response,
        body: &mut body,
    };
    let result = tokio::select! {
        biased;
        result = progress.limit(work.run(request)) => result,
        () = cancelled => Err(Outcome::Cancelled),
    };
    let is_complete = result.is_ok();
    response.first_byte = progress.first_byte();
    let keeps_partial = template.config.keep_partial_bodies;
    response.finish(result, body.into(), progress.received(), keeps_partial);
    if response.died_unanswered {
        template.trust.on_death(template.clock.now());
    }
    *pooled = connection.filter(|used| is_complete && template.config.reuse && used.is_reusable());
    response
}

/// An exchange in progress.
struct HyperExchange<'a> {
    template: &'a RequestTemplate,
    /// The connection in use; outlives the exchange if reused.
    connection: &'a mut Option<Box<HyperConnection>>,
    progress: &'a SharedProgress,
    /// Records what has arrived so far, even if the exchange fails later.
    response: &'a mut RawResponse,
    body: &'a mut Vec<u8>,
}

impl HyperExchange<'_> {
    async fn run(mut self, request: &RequestSpec<'_>) -> Result<(), Outcome> {
        self.prepare_connection(request).await?;
        let connection = self.connection.as_mut().expect("a connection was prepared");
        let message = hyper_request(self.template, request, self.progress);
        let head = connection.send(message, self.progress).await;
        let head = head.map_err(|error| errors::head_error(&error, self.progress.received()))?;
        self.response.record_head(&head);
        self.progress.on_head();
        // Interim responses that arrived together with this one.
        self.progress.time_left()?;
        let limit = self.template.config.body_limit;
        let receive = receive(head.into_body(), limit, self.progress, self.body);
        connection.drive(receive).await?;
        connection.socket.complete();
        Ok(())
    }

    /// Leaves a connection that can be used in `self.connection`.
    async fn prepare_connection(&mut self, request: &RequestSpec<'_>) -> Result<(), Outcome> {
        let trust = &self.template.trust;
        let endpoint = self.template.endpoint_index(request.message);
        let reusable = self.connection.take().filter(|idle| {
            idle.endpoint == endpoint
                && !request.fresh
                && trust.allows(idle.opened)
                && idle.socket.is_quiet()
        });
        self.response.reused = reusable.is_some();
        let connection = match reusable {
            Some(connection) => connection,
            None => self.open(request.message).await?,
        };
        *self.connection = Some(connection);
        self.progress.on_sent(self.response.sent);
        Ok(())
    }

    /// Opens a connection for requests with this message.
    async fn open(&mut self, message: Option<usize>) -> Result<Box<HyperConnection>, Outcome> {
        let address = &self.template.endpoint(message).address;
        let stream = connect_async(address, self.template.config.timeouts.connect).await?;
        self.response.sent = self.template.clock.now();
        let endpoint = self.template.endpoint_index(message);
        HyperConnection::new(stream, endpoint, self.response.sent).await
    }
}

/// The request in hyper's type.
fn hyper_request(
    template: &RequestTemplate,
    spec: &RequestSpec<'_>,
    progress: &SharedProgress,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(template.content(spec).clone()));
    *request.method_mut() = template.message(spec).method.clone();
    *request.uri_mut() = template.uri(spec);
    *request.headers_mut() = template.fields(spec);
    let progress = progress.clone();
    on_informational(&mut request, move |_| progress.on_interim());
    request
}

/// Receives the complete body. A body that is declared too large is rejected before any byte is read, any other body as soon
/// as too many bytes have arrived.
async fn receive(
    mut incoming: Incoming,
    limit: usize,
    progress: &SharedProgress,
    body: &mut Vec<u8>,
) -> Result<(), Outcome> {
    if let Some(length) = incoming.size_hint().exact() {
        if length > limit as u64 {
            return Err(Outcome::TooLarge);
        }
        body.reserve_exact(reserved(length));
    }
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| errors::body_error(&error))?;
        // Trailers are not part of the body.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        progress.on_body(data.len());
        body.extend_from_slice(&data);
        if body.len() > limit {
            return Err(Outcome::TooLarge);
        }
    }
    Ok(())
}
