//! The client of a thread: makes an exchange with ureq's agent.

use super::body;
use super::classify;
use super::connection::{NoResolver, UreqConnector};
use super::state::UreqState;
use crate::transport::interface::BlockingClient;
use crate::transport::request::request_spec::RequestSpec;
use crate::transport::request::request_template::RequestTemplate;
use crate::transport::response::raw_response::RawResponse;
use crate::transport::response::received_body::ReceivedBody;
use crate::transport::response::response_head::HEAD_LIMIT;
use crate::transport::shutdown_on_cancel::ShutdownOnCancel;
use ::ureq::Agent;
use ::ureq::config::{AutoHeaderValue, Config};
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::Request;
use http::header::HOST;
use http::uri::{Authority, Scheme, Uri};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

/// An agent of ureq with at most one connection.
pub(super) struct UreqClient {
    agent: Agent,
    state: Arc<UreqState>,
}

impl UreqClient {
    pub(super) fn new(template: Arc<RequestTemplate>) -> UreqClient {
        let config = config(template.config.reuse);
        let state = Arc::new(UreqState::new(template));
        let agent = Agent::with_parts(config, UreqConnector::new(state.clone()), NoResolver);
        UreqClient { agent, state }
    }

    /// Makes the exchange. After a failure, `response` and `received` say what had arrived. ureq never sends a request
    /// twice: ureq checks whether its connection is open, and opens a new connection if not.
    fn run(
        &self,
        request: Request<()>,
        response: &mut RawResponse,
        received: &mut ReceivedBody,
    ) -> Result<Bytes, Outcome> {
        let to_outcome = |error| classify::outcome(error, self.state.stats().received);
        let head = self.agent.run(request).map_err(to_outcome)?;
        response.record_headers(&head);
        let is_chunked = body::is_chunked(&head);
        let body = body::collect(
            head.into_body(),
            self.state.config().body_limit,
            received,
            || self.state.on_body_data(),
            to_outcome,
        )?;
        if is_chunked && self.state.stats().is_closed {
            // ureq accepts a last chunk that the closed connection has cut short (RFC 9112 section 8).
            return Err(Outcome::IncompleteBody);
        }
        Ok(body)
    }
}

impl BlockingClient for UreqClient {
    fn exchange(&mut self, spec: &RequestSpec<'_>) -> Box<RawResponse> {
        let request = request(self.state.template(), spec);
        let shutdown = Arc::new(ShutdownOnCancel::default());
        let waker = Waker::from(shutdown.clone());
        let mut cancelled = pin!(spec.cancel.cancelled());
        self.state.begin(spec, &shutdown, head_length(&request));
        let mut response = Box::<RawResponse>::default();
        let mut received = ReceivedBody::new(self.state.config().keep_partial_bodies);
        // Registers the waker.
        let is_cancelled = cancelled.as_mut().poll(&mut Context::from_waker(&waker));
        let result = if is_cancelled.is_ready() {
            Err(Outcome::Cancelled)
        } else {
            self.run(request, &mut response, &mut received)
        };
        shutdown.disarm();
        let stats = self.state.stats();
        response.sent = stats.sent;
        response.first_byte = stats.first_byte;
        response.reused = stats.reused;
        response.finish(received, result);
        response
    }
}

/// The configuration of ureq: no status is an error, no field is added to the request, and ureq sets no timeouts, because
/// the socket does.
fn config(reuse: bool) -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(HEAD_LIMIT)
        .max_idle_connections(usize::from(reuse))
        .max_idle_connections_per_host(usize::from(reuse))
        .max_idle_age(Duration::MAX)
        .build()
}

fn request(template: &RequestTemplate, spec: &RequestSpec<'_>) -> Request<()> {
    let mut request = Request::new(());
    template.write_headers(request.headers_mut(), spec);
    let host = request
        .headers()
        .get(HOST)
        .expect("every request has a host");
    let mut parts = template.uri(spec.resource, spec.path).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority =
        Some(Authority::try_from(host.as_bytes()).expect("the host was part of a URL"));
    *request.uri_mut() = Uri::from_parts(parts).expect("the URI has all its parts");
    request
}

/// The maximum length of the head of a request, in bytes.
fn head_length(request: &Request<()>) -> usize {
    let line = "GET  HTTP/1.1\r\n\r\n".len()
        + request
            .uri()
            .path_and_query()
            .map_or(1, |path| path.as_str().len());
    let fields = request.headers().iter();
    line + fields
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
        .sum::<usize>()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{CancellationToken, Endpoint, Run, Workload};
    use flagpole_protocol::Resource;

    pub(crate) fn template() -> Arc<RequestTemplate> {
        let endpoint = Endpoint::from("127.0.0.1:8000".parse::<std::net::SocketAddr>().unwrap());
        let workload = Workload::default();
        let run = Run::new(&workload, &endpoint).name("x");
        Arc::new(run.request_template().unwrap())
    }

    #[test]
    fn head_length_is_exact() {
        let spec = RequestSpec {
            resource: Resource::Flag("BR".parse().unwrap()),
            request_number: 3,
            path: None,
            conditions: None,
            cancel: &CancellationToken::new(),
        };
        let head = format!(
            "GET /flags/br/br.gif HTTP/1.1\r\nhost: 127.0.0.1:8000\r\nuser-agent: flagpole/{}\r\n\
             flagpole-run: x\r\nflagpole-nth: 3\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(head_length(&request(&template(), &spec)), head.len());
    }
}
