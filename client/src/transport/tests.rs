//! Exchanges with several endpoints, and what a request sends.

use super::request::{RequestSpec, RunMessage, TransportConfig};
use super::{BlockingClient, RequestTemplate, RunClock, TaskDriver, TransportKind, exchange};
use crate::{Endpoint, RequestMessage, policy::Timeouts, ready};
use flagpole_protocol::Resource;
use std::future::pending;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use tokio_util::sync::CancellationToken;

/// Responds to each request with the request line and `Host`, and the number of the request on its connection.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || respond(&stream));
        }
    });
    address
}

fn respond(mut stream: &TcpStream) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    for number in 1.. {
        let head: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let Some(host) = head
            .iter()
            .find(|line| line.to_lowercase().starts_with("host:"))
        else {
            return;
        };
        let host = host["host: ".len()..].to_owned();
        let body = format!("{} at {host}, {number}", head[0]);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).is_err() {
            return;
        }
    }
}

fn template(transport: TransportKind, endpoints: &[Endpoint]) -> RequestTemplate {
    let config = TransportConfig {
        timeouts: Timeouts::NONE,
        max_time: None,
        reuse: true,
        body_limit: 1 << 20,
        keep_partial_bodies: false,
        transport,
    };
    let get = RequestMessage::default();
    let messages = (0..endpoints.len()).map(|endpoint| RunMessage {
        endpoint,
        ..RunMessage::from(&get)
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
        conditions: Vec::new(),
        fresh: false,
        cancel: &template.cancel,
    }
}

#[test]
fn connection_is_used_for_its_own_endpoint_only() {
    let servers = [serve(), serve()];
    let endpoints = servers.map(Endpoint::from);
    let expected = [(0, 1), (0, 2), (1, 1), (0, 1)].map(|(server, number)| {
        let host: SocketAddr = servers[server];
        format!("GET /x HTTP/1.1 at {host}, {number}")
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for transport in TransportKind::ALL {
        let template = template(*transport, &endpoints);
        let (mut driver, mut pooled) = (TaskDriver::default(), None);
        let bodies = [0, 0, 1, 0].map(|message| {
            let request = request(&template, message);
            let exchange = exchange(&template, &mut driver, &mut pooled, &request, pending());
            runtime.block_on(exchange).result.unwrap()
        });
        assert_eq!(bodies, expected, "{transport}");
    }
    let template = Arc::new(template(TransportKind::BuiltIn, &endpoints));
    let mut client = BlockingClient::new(template.clone());
    let bodies = [0, 0, 1, 0].map(|message| {
        let request = request(&template, message);
        ready::output(pin!(client.exchange(&request)))
            .result
            .unwrap()
    });
    assert_eq!(bodies, expected);
}
