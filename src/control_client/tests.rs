//! Answers that are no answers.

use super::ControlClient;
use super::call::ControlCall;
use super::error::ControlError;
use flagpole_protocol::ControlOperation;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// The error of `GET /ledger` from a program that answers its only connection like this, and its URL.
fn error(answer: &'static str, timeout: Duration) -> (ControlError, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        if answer.is_empty() {
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new());
            return;
        }
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer.as_bytes());
    });
    let client = ControlClient::new(address.to_string().parse().unwrap());
    let call = ControlCall::new(ControlOperation::ReadLedger);
    let error = client.call(&call, timeout).unwrap_err();
    peer.join().unwrap();
    (error, format!("http://{address}/"))
}

#[test]
fn silent_program_is_left_after_the_timeout() {
    let (error, url) = error("", Duration::from_millis(20));
    assert!(matches!(error, ControlError::TimedOut { .. }));
    assert_eq!(
        error.to_string(),
        format!("no answer from {url} within 20ms")
    );
}

#[test]
fn program_that_does_not_speak_http_breaks_the_call() {
    let (error, url) = error("SSH-2.0-OpenSSH\r\n\r\n", LONG);
    assert!(matches!(error, ControlError::Broken(..)));
    let start = format!("cannot read the answer of {url}: ");
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[test]
fn answer_that_ends_early_breaks_the_call() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    assert!(matches!(error(head, LONG).0, ControlError::Broken(..)));
}

#[test]
fn page_of_another_program_is_no_answer() {
    let page =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 0\r\n\r\n";
    let (error, url) = error(page, LONG);
    let start = format!("{url} is no control plane of flagpole: GET /ledger got 200 OK; ");
    assert!(error.to_string().starts_with(&start), "{error}");
}

#[test]
fn problem_is_one_line() {
    let problem = "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n\
                   {\"status\":409,\"detail\":\"one\\n  two\",\"found\":3}";
    let (error, _) = error(problem, LONG);
    assert_eq!(error.to_string(), "one two");
    let ControlError::Problem(problem) = error else {
        panic!("{error}");
    };
    assert_eq!(
        (problem.status, &problem.members["found"]),
        (409, &3.into())
    );
}
