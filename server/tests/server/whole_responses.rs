//! A response that is being written is written whole, however the request's body ends and whether or not the connection
//! can be used again.

use crate::raw_connection::RawConnection;
use flagpole_server::{BlockingServer, ServerBuilder};
use std::io::Read;
use std::net::Shutdown;
use std::time::Duration;

const LENGTH: usize = 11_059;

/// The bytes after the head, until the connection ends.
fn body(raw: &mut RawConnection) -> usize {
    raw.head();
    let mut body = Vec::new();
    raw.0.read_to_end(&mut body).unwrap();
    body.len()
}

fn with_fault(fault: &str) -> ServerBuilder<BlockingServer> {
    BlockingServer::builder().fault(fault.parse().unwrap())
}

#[test]
fn body_that_ends_early_or_malformed_cuts_no_response() {
    for fault in ["stall:700,for=100ms", "trickle:50000", "slow-head:100ms"] {
        let server = with_fault(fault).start().unwrap();
        for fields in [
            "Content-Length: 100\r\n\r\nabc",
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            let mut raw = RawConnection::open(&server);
            raw.send(&format!(
                "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n{fields}"
            ));
            raw.0.shutdown(Shutdown::Write).unwrap();
            assert_eq!(body(&mut raw), LENGTH, "{fault} {fields}");
        }
        let ledger = server.shutdown(Duration::from_secs(20));
        assert_eq!((ledger.completed, ledger.in_progress()), (2, 0), "{fault}");
    }
}

#[test]
fn early_response_is_not_cut_by_the_bandwidth() {
    let bandwidth = "15kB/s".parse().unwrap();
    let server = with_fault("early-response")
        .bandwidth(bandwidth)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send("POST /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\nabc");
    assert_eq!(raw.response(true).status, 405);
}

#[test]
fn last_response_of_a_connection_is_written_whole_when_the_server_stops() {
    for request in ["HTTP/1.1\r\nHost: x\r\nConnection: close", "HTTP/1.0"] {
        let server = with_fault("trickle:50000").start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&format!("GET /flags/br/br.gif {request}\r\n\r\n"));
        let head = raw.head();
        assert!(head.contains("200 OK"), "{head}");
        let stop = std::thread::spawn(move || server.shutdown(Duration::from_secs(20)));
        let mut rest = Vec::new();
        raw.0.read_to_end(&mut rest).unwrap();
        assert_eq!(rest.len(), LENGTH, "{request}");
        assert_eq!(stop.join().unwrap().completed, 1, "{request}");
    }
}

#[test]
fn request_after_the_last_response_ends_the_connection_by_a_fin() {
    let server = with_fault("stale:next").start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    assert_eq!(body(&mut raw), LENGTH);
    let ledger = server.shutdown(Duration::from_secs(20));
    assert_eq!((ledger.requests, ledger.completed), (1, 1));
}
