//! Faults of request bodies: no effect without a body, and the time of a slow upload.

use super::PATH;
use crate::raw_connection::RawConnection;
use flagpole_server::BlockingServer;
use std::time::{Duration, Instant};

fn connection(fault: &str) -> (BlockingServer, RawConnection) {
    let builder = BlockingServer::builder().fault(fault.parse().unwrap());
    let server = builder.start().unwrap();
    let raw = RawConnection::open(&server);
    (server, raw)
}

fn post(length: usize) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n")
}

#[test]
fn early_response_without_a_body_leaves_the_connection_open() {
    let (_server, mut raw) = connection("early-response");
    assert_eq!(raw.get(PATH).status, 200);
    assert_eq!(raw.get(PATH).status, 200);
}

#[test]
fn response_follows_a_body_that_is_read_slowly() {
    let (_server, mut raw) = connection("slow-upload:1000");
    let start = Instant::now();
    raw.send(&post(300));
    raw.send(&"x".repeat(300));
    assert_eq!(raw.response(true).status, 405);
    assert!(start.elapsed() >= Duration::from_millis(250));
    assert_eq!(raw.get(PATH).status, 200);
}
