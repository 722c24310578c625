//! What a request sends, where, and what is kept of its response: over each transport, in a task and on a thread.

use super::request::{RequestSpec, RunMessage, TransportConfig};
use super::{BlockingClient, RequestTemplate, RunClock, TaskDriver, TransportKind, exchange};
use crate::{CapturedResponse, Endpoint, RenderedRequest, RequestMessage};
use crate::{policy::Timeouts, ready};
use flagpole_protocol::Resource;
use http::{HeaderMap, Method};
use std::future::pending;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use tokio_util::sync::CancellationToken;

/// Responds with the request as the body, and the number of the request on its connection as a field.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || echo(&stream));
        }
    });
    address
}

fn echo(mut stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    for number in 1.. {
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") {
            if reader.read_line(&mut request).unwrap() == 0 {
                return;
            }
        }
        let length = request.to_lowercase();
        let length = length.split_once("content-length: ").map(|(_, rest)| {
            let digits = rest.split("\r\n").next().unwrap();
            digits.parse().unwrap()
        });
        let mut content = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut content).unwrap();
        request += str::from_utf8(&content).unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\nX-Number: {number}\r\nContent-Length: {}\r\n\r\n",
            request.len()
        );
        stream.write_all((head + &request).as_bytes()).unwrap();
    }
}

/// A template with a message for each endpoint.
fn template(
    transport: TransportKind,
    endpoints: &[Endpoint],
    message: &RequestMessage,
) -> RequestTemplate {
    let config = TransportConfig {
        timeouts: Timeouts::NONE,
        max_time: None,
        reuse: true,
        body_limit: 1 << 20,
        keep_partial_bodies: false,
        trusted_idle_time: std::time::Duration::ZERO,
        captures_fields: true,
        transport,
    };
    let messages = (0..endpoints.len()).map(|endpoint| RunMessage {
        endpoint,
        ..RunMessage::from(message)
    });
    let cancel = CancellationToken::new();
    RequestTemplate::new(config, endpoints, messages, None, cancel, RunClock::start()).unwrap()
}

fn request(template: &RequestTemplate, message: usize) -> RequestSpec<'_> {
    RequestSpec {
        resource: "/x".parse::<Resource>().unwrap(),
        message: Some(message),
        as_get: false,
        request_number: 1,
        path: None,
        rendered: None,
        conditions: Vec::new(),
        fresh: false,
        cancel: &template.cancel,
    }
}

type SetRequest = for<'a> fn(RequestSpec<'a>, &'a RenderedRequest) -> RequestSpec<'a>;

/// The captured responses to requests with these messages, one after the other: on a thread, and in a task over each transport.
fn responses(
    endpoints: &[Endpoint],
    message: &RequestMessage,
    messages: &[usize],
    set: SetRequest,
) -> Vec<Vec<CapturedResponse>> {
    let rendered = rendered();
    let new = |kind| template(kind, endpoints, message);
    let template = Arc::new(new(TransportKind::BuiltIn));
    let mut client = BlockingClient::new(template.clone());
    let on_thread = messages.iter().map(|message| {
        let request = set(request(&template, *message), &rendered);
        let mut response = ready::output(pin!(client.exchange(&request)));
        *response.take_captured().unwrap()
    });
    let mut all = vec![on_thread.collect()];
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    for kind in TransportKind::ALL {
        let template = new(*kind);
        let (mut driver, mut pooled) = (TaskDriver::default(), None);
        let in_task = messages.iter().map(|message| {
            let request = set(request(&template, *message), &rendered);
            let exchange = exchange(&template, &mut driver, &mut pooled, &request, pending());
            *runtime.block_on(exchange).take_captured().unwrap()
        });
        all.push(in_task.collect());
    }
    all
}

fn rendered() -> RenderedRequest {
    let mut fields = HeaderMap::new();
    for (name, value) in [("x-id", "7"), ("content-type", "b"), ("cookie", "c=1")] {
        fields.append(
            name.parse::<http::HeaderName>().unwrap(),
            value.parse().unwrap(),
        );
    }
    RenderedRequest {
        path: "/orders/7?a=b".to_owned(),
        fields,
        content: "seven".into(),
    }
}

fn post() -> RequestMessage {
    let post = RequestMessage::new(Method::POST).unwrap();
    let post = post.field("Content-Type", "a").unwrap();
    post.field("Accept", "*/*").unwrap().content("original")
}

/// The body in lower case, with its lines in order, as transports differ in both.
fn lines(response: &CapturedResponse) -> Vec<String> {
    let text = str::from_utf8(&response.content).unwrap().to_lowercase();
    let mut lines: Vec<_> = text.split("\r\n").map(str::to_owned).collect();
    lines[1..].sort_unstable();
    lines
}

#[test]
fn connection_is_used_for_its_own_endpoint_only() {
    let servers = [serve(), serve()];
    let endpoints = servers.map(Endpoint::from);
    let get = RequestMessage::default();
    for responses in responses(&endpoints, &get, &[0, 0, 1, 0], |request, _| request) {
        let numbers: Vec<_> = responses
            .iter()
            .map(|one| &one.fields["x-number"])
            .collect();
        assert_eq!(numbers, ["1", "2", "1", "1"]);
        for (response, server) in responses.iter().zip([0, 0, 1, 0]) {
            let host = format!("host: {}", servers[server]);
            assert!(lines(response).contains(&host), "{response:?}");
        }
    }
}

#[test]
fn rendered_request_replaces_path_content_and_fields_of_the_same_name() {
    let address = serve();
    let endpoints = [Endpoint::from(address)];
    let set: SetRequest = |request, rendered| RequestSpec {
        rendered: Some(rendered),
        ..request
    };
    for responses in responses(&endpoints, &post(), &[0], set) {
        let host = format!("host: {address}");
        let agent = concat!("user-agent: flagpole/", env!("CARGO_PKG_VERSION"));
        let expected = [
            "post /orders/7?a=b http/1.1",
            "",
            "accept-encoding: identity",
            "accept: */*",
            "content-length: 5",
            "content-type: b",
            "cookie: c=1",
            &host,
            "seven",
            agent,
            "x-id: 7",
        ];
        assert_eq!(lines(&responses[0]), expected);
    }
}

#[test]
fn redirect_of_a_rendered_request_to_get_has_the_path_of_the_redirect_and_no_content() {
    let endpoints = [Endpoint::from(serve())];
    let set: SetRequest = |request, rendered| RequestSpec {
        rendered: Some(rendered),
        path: Some("/done"),
        as_get: true,
        ..request
    };
    for responses in responses(&endpoints, &post(), &[0], set) {
        let lines = lines(&responses[0]);
        assert_eq!(lines[0], "get /done http/1.1");
        assert!(lines.contains(&"x-id: 7".to_owned()), "{lines:?}");
        assert!(
            !lines.iter().any(|line| line.starts_with("content-")),
            "{lines:?}"
        );
    }
}

#[test]
fn long_rendered_content_is_sent_completely() {
    let endpoints = [Endpoint::from(serve())];
    let set: SetRequest = |request, rendered| {
        let long = RenderedRequest {
            content: "x".repeat(1_000_000).into(),
            ..rendered.clone()
        };
        RequestSpec {
            rendered: Some(Box::leak(Box::new(long))),
            ..request
        }
    };
    for responses in responses(&endpoints, &post(), &[0], set) {
        assert!(
            responses[0]
                .content
                .ends_with("x".repeat(1_000_000).as_bytes())
        );
    }
}
