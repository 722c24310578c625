//! The decoder of flagpole and the client of hyper decode responses alike.

use bytes::Bytes;
use flagpole_protocol::http1::{ResponseDecoder, ResponseLimits, ResponseVisitor};
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// A response, as far as it was decoded.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decoded {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    content: Vec<u8>,
    can_be_reused: bool,
}

impl ResponseVisitor for Decoded {
    fn status(&mut self, status: u16) {
        self.status = status;
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        self.fields.push((name.to_lowercase(), value.to_owned()));
    }

    fn body(&mut self, bytes: &[u8]) {
        self.content.extend_from_slice(bytes);
    }
}

/// What flagpole makes of a response after which the server closes; `None` if it refuses it. And whether the response is
/// complete before the server closes.
fn by_flagpole(method: &Method, response: &str) -> (Option<Decoded>, bool) {
    let mut decoder = ResponseDecoder::new(ResponseLimits::default());
    decoder.begin(method == Method::HEAD);
    let mut parts = Decoded::default();
    let parsed = decoder.decode(response.as_bytes(), &mut parts);
    let is_complete = decoder.is_complete();
    let ended = parsed.and_then(|_| decoder.end_of_stream());
    parts.can_be_reused = decoder.keeps_alive();
    (ended.ok().map(|()| parts), is_complete)
}

/// What hyper makes of it; `None` if it refuses it. The server closes after the response if `closes`.
#[tokio::main(flavor = "current_thread")]
async fn by_hyper(method: &Method, response: &str, closes: bool) -> Option<Decoded> {
    let (client, mut server) = duplex(1 << 16);
    let (mut sender, connection) = http1::handshake(TokioIo::new(client)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .body(Empty::<Bytes>::new());
    let exchange = tokio::spawn(async move {
        let response = sender.send_request(request.unwrap()).await.ok()?;
        let (head, body) = response.into_parts();
        let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_owned())
        };
        let content = body.collect().await.ok()?.to_bytes().to_vec();
        Some(Decoded {
            status: head.status.as_u16(),
            fields: head.headers.iter().map(field).collect(),
            content,
            can_be_reused: sender.ready().await.is_ok(),
        })
    });
    let mut request = [0; 1000];
    while !request.windows(4).any(|it| it == b"\r\n\r\n") {
        assert!(server.read(&mut request).await.unwrap() > 0);
    }
    server.write_all(response.as_bytes()).await.unwrap();
    if closes {
        server.shutdown().await.unwrap();
    }
    let decoded = exchange.await.unwrap();
    connection.abort();
    decoded
}

/// hyper groups the fields by their names.
fn sorted(mut decoded: Decoded) -> Decoded {
    decoded.fields.sort_by(|a, b| a.0.cmp(&b.0));
    decoded
}

/// Compares both; `None` if they refuse the response.
fn by_both(method: &Method, response: &str) -> Option<Decoded> {
    let (decoded, is_complete) = by_flagpole(method, response);
    let decoded = decoded.map(sorted);
    let by_hyper = by_hyper(method, response, !is_complete).map(sorted);
    assert_eq!(decoded, by_hyper, "{method} {response:?}");
    decoded
}

const LENGTH: &str = "Content-Length: 3\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

#[test]
fn valid_responses_are_decoded_alike() {
    let close = format!("{LENGTH}Connection: x, close\r\n");
    let keep_alive = format!("{LENGTH}Connection: keep-alive\r\n");
    let twice = format!("{LENGTH}{LENGTH}");
    let both = format!("{LENGTH}{CHUNKED}");
    let chunks = "2\r\nab\r\n1;x=\"y\"\r\nc\r\n0\r\n\r\n";
    for (head, fields, body) in [
        ("HTTP/1.1 200 OK", LENGTH, "abc"),
        ("HTTP/1.1 200", LENGTH, "abc"),
        ("HTTP/1.1 404 Not Found", LENGTH, "abc"),
        ("HTTP/1.1 999 \u{e9}", LENGTH, "abc"),
        ("HTTP/1.0 200 OK", LENGTH, "abc"),
        ("HTTP/1.0 200 OK", &keep_alive, "abc"),
        ("HTTP/1.1 200 OK", &close, "abc"),
        ("HTTP/1.1 200 OK", &twice, "abc"),
        ("HTTP/1.1 200 OK", "Content-Length: 3 , 3\r\n", "abc"),
        ("HTTP/1.1 200 OK", "Content-Length: 0\r\n", ""),
        (
            "HTTP/1.1 200 OK",
            "X:  y \t\r\nY:\r\nX: z\r\nContent-Length: 0\r\n",
            "",
        ),
        ("HTTP/1.1 200 OK", "X: \u{e9}\r\nContent-Length: 0\r\n", ""),
        ("HTTP/1.1 200 OK", "", "until the end"),
        (
            "HTTP/1.0 200 OK",
            "Connection: keep-alive\r\n",
            "until the end",
        ),
        ("HTTP/1.1 200 OK", CHUNKED, chunks),
        (
            "HTTP/1.1 200 OK",
            CHUNKED,
            "0003 ;x\r\nabc\r\n0\r\nX: y\r\nZ: w\r\n\r\n",
        ),
        ("HTTP/1.1 200 OK", CHUNKED, "0\r\n\r\n"),
        (
            "HTTP/1.1 200 OK",
            "transfer-encoding: CHUNKED\r\n",
            "A\r\n0123456789\r\n0\r\n\r\n",
        ),
        ("HTTP/1.1 204 No Content", LENGTH, ""),
        ("HTTP/1.1 304 Not Modified", LENGTH, ""),
        ("HTTP/1.1 304 Not Modified", &both, ""),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
            LENGTH,
            "abc",
        ),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK",
            CHUNKED,
            chunks,
        ),
    ] {
        let response = format!("{head}\r\n{fields}\r\n{body}");
        assert!(by_both(&Method::GET, &response).is_some(), "{response}");
        let (head, _) = response.rsplit_once("\r\n\r\n").unwrap();
        if body.is_empty() || fields == LENGTH {
            let to_head = by_both(&Method::HEAD, &format!("{head}\r\n\r\n"));
            assert!(to_head.is_some(), "{head}");
        }
    }
}

#[test]
fn invalid_heads_are_refused_alike() {
    for head in [
        "HTTP/2.0 200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 200 O\0K",
        "<html>",
        "HTTP/1.1 200 OK\r\nX : y",
        "HTTP/1.1 200 OK\r\nX",
        "HTTP/1.1 200 OK\r\n X: y",
        "HTTP/1.1 200 OK\r\nX: a\rb",
        "HTTP/1.1 200 OK\r\nX: \0",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nContent-Length: 1, 2",
        "HTTP/1.1 200 OK\r\nContent-Length: +1",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked",
    ] {
        let response = format!("{head}\r\n\r\nab");
        assert_eq!(by_both(&Method::GET, &response), None, "{response:?}");
    }
}

#[test]
fn invalid_and_incomplete_bodies_are_refused_alike() {
    for (fields, body) in [
        (LENGTH, "ab"),
        (CHUNKED, ""),
        (CHUNKED, "x\r\n"),
        (CHUNKED, "\r\n"),
        (CHUNKED, "-1\r\na\r\n0\r\n\r\n"),
        (CHUNKED, "1\r\nab\r\n0\r\n\r\n"),
        (CHUNKED, "1;x\ny\r\na\r\n0\r\n\r\n"),
        (CHUNKED, "10000000000000000\r\n"),
        (CHUNKED, "1\r\na\r\n0\r\n"),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}");
        assert_eq!(by_both(&Method::GET, &response), None, "{response:?}");
    }
}

/// hyper accepts the first responses and refuses the second.
#[test]
fn flagpole_differs_from_hyper_where_rfc_9112_is_clear() {
    for response in [
        // A coding that cannot be decoded (section 6.1).
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        // A response begins with its status line (section 2.1).
        "\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ] {
        let (decoded, _) = by_flagpole(&Method::GET, response);
        assert_eq!(decoded, None, "{response:?}");
        assert!(
            by_hyper(&Method::GET, response, true).is_some(),
            "{response:?}"
        );
    }
    for response in [
        // Folded lines are replaced by spaces (section 5.2).
        "HTTP/1.1 204 No Content\r\nX: y\r\n z\r\n\r\n",
        // Later minor versions are compatible (RFC 9110 section 2.5).
        "HTTP/1.2 204 No Content\r\n\r\n",
    ] {
        let (decoded, _) = by_flagpole(&Method::GET, response);
        assert!(decoded.is_some(), "{response:?}");
        assert_eq!(by_hyper(&Method::GET, response, true), None, "{response:?}");
    }
}
