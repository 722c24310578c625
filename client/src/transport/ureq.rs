//! ureq: a client that blocks its thread, one agent a lane, with one connection at most.
//!
//! ureq does what it is for: it writes requests, reads answers, and keeps the connection. The socket
//! is our own, as its errors, its first byte and its deadlines are to be seen exactly; and so are the
//! buffers, as the default ones are 256 KB a connection.

mod body;
mod buffers;
mod classify;
mod connection;
mod line;
mod socket;

use self::connection::{Connector, Nowhere};
use self::line::Line;
use super::head::Received;
use super::{BlockingClient, HEAD_LIMIT, RawResponse, RequestSpec, RequestTemplate, Transport};
use crate::transport::shutdown_on_cancel::Alarm;
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

/// The transport.
#[derive(Debug)]
pub struct Ureq;

impl Transport for Ureq {
    fn name(&self) -> &'static str {
        "ureq"
    }

    fn about(&self) -> &'static str {
        "ureq's agent, one keep-alive connection a lane; for the strategies that block threads"
    }

    fn lane(&self, wire: Arc<RequestTemplate>) -> std::io::Result<Box<dyn BlockingClient>> {
        let config = config(wire.reuse);
        let line = Arc::new(Line::new(wire));
        let agent = Agent::with_parts(config, Connector::new(line.clone()), Nowhere);
        Ok(Box::new(UreqLane { agent, line }))
    }
}

/// Every answer is an answer, whatever its status, and nothing is sent but what was asked for. The
/// limits of time are the socket's own.
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

struct UreqLane {
    agent: Agent,
    line: Arc<Line>,
}

impl BlockingClient for UreqLane {
    fn exchange(&mut self, attempt: &RequestSpec<'_>) -> Box<RawResponse> {
        let request = request(self.line.wire(), attempt);
        let alarm = Arc::new(Alarm::default());
        let waker = Waker::from(alarm.clone());
        let mut cancelled = pin!(attempt.cancel.cancelled());
        self.line.begin(attempt, &alarm, length(&request));
        let mut exchange = Box::<RawResponse>::default();
        let mut received = Received::none(self.line.wire().resumes);
        // To be asked once is to be told later.
        let is_cancelled = cancelled.as_mut().poll(&mut Context::from_waker(&waker));
        let result = if is_cancelled.is_ready() {
            Err(Outcome::Cancelled)
        } else {
            self.converse(request, &mut exchange, &mut received)
        };
        alarm.disarm();
        let seen = self.line.seen();
        exchange.sent = seen.sent;
        exchange.first_byte = seen.first_byte;
        exchange.reused = seen.reused;
        exchange.ends(received, result);
        exchange
    }
}

impl UreqLane {
    /// The exchange itself; `exchange` and `received` tell how far it came. ureq never sends a request twice:
    /// it looks whether its connection is open, as the kernel sees it, and makes another one if not.
    fn converse(
        &self,
        request: Request<()>,
        exchange: &mut RawResponse,
        received: &mut Received,
    ) -> Result<Bytes, Outcome> {
        let blame = |error| classify::outcome(error, self.line.seen().received);
        let response = self.agent.run(request).map_err(blame)?;
        exchange.see_head(&response);
        let is_chunked = body::is_chunked(&response);
        let body = body::collect(
            response.into_body(),
            self.line.wire().body_limit,
            received,
            || self.line.progress(),
            blame,
        )?;
        if is_chunked && self.line.seen().ended {
            // ureq takes a last chunk for the end; but the connection was closed before that was
            // complete (RFC 9112 section 8).
            return Err(Outcome::IncompleteBody);
        }
        Ok(body)
    }
}

fn request(wire: &RequestTemplate, attempt: &RequestSpec<'_>) -> Request<()> {
    let mut request = Request::new(());
    wire.fill(request.headers_mut(), attempt);
    let host = request.headers().get(HOST).expect("every request names it");
    let mut parts = wire.uri(attempt.resource, attempt.path).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority =
        Some(Authority::try_from(host.as_bytes()).expect("the host was part of a URL"));
    *request.uri_mut() = Uri::from_parts(parts).expect("it has all its parts");
    request
}

/// How long the head of a request is at most, in bytes.
fn length(request: &Request<()>) -> usize {
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
mod tests {
    use super::*;
    use crate::{CancellationToken, Endpoint, Run, Workload};
    use flagpole_protocol::Resource;

    pub(super) fn wire() -> Arc<RequestTemplate> {
        let endpoint = Endpoint::from("127.0.0.1:8000".parse::<std::net::SocketAddr>().unwrap());
        let plan = Workload::default();
        Arc::new(RequestTemplate::new(&Run::new(&plan, &endpoint).name("x")).unwrap())
    }

    #[test]
    fn the_length_of_a_request_is_that_of_its_head() {
        let attempt = RequestSpec {
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
        assert_eq!(length(&request(&wire(), &attempt)), head.len());
    }
}
