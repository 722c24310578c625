//! Ports that are no master, and masters that send nonsense.

use super::fake_load::FakeLoad;
use super::fake_master::FakeMaster;
use super::worker::{Ended, block_on, fast, work};
use crate::exit_status::ExitStatus;
use crate::worker::address::MasterAddress;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use zeromq::{PullSocket, Socket as _};

async fn worker_of(host: &str, port: u16) -> Ended {
    let mut timing = fast();
    timing.reconnect_timeout = Duration::from_millis(500);
    timing.attempt = Duration::from_millis(200);
    let host = host.to_owned();
    work(
        MasterAddress { host, port },
        timing,
        FakeLoad::default(),
        |_| async {},
    )
    .await
}

/// A server that does this with each connection.
fn server(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        listener
            .incoming()
            .for_each(|stream| serve(stream.unwrap()));
    });
    port
}

fn error_of(ended: &Ended) -> &str {
    assert_eq!(ended.exit.status, ExitStatus::CouldNotStart);
    let error = ended.exit.error.as_deref().unwrap();
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn http_server_is_named_as_such_at_once() {
    let port = server(|mut stream| {
        let _ = stream.read(&mut [0; 64]);
        let head = "HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad request";
        let _ = stream.write_all(head.as_bytes());
    });
    let ended = block_on(worker_of("127.0.0.1", port));
    let error = error_of(&ended);
    assert!(error.contains("does not speak ZeroMQ"), "{error}");
    assert!(error.contains("5557"), "{error}");
}

#[test]
fn silent_server_is_given_up() {
    let (keep, kept) = std::sync::mpsc::channel();
    let port = server(move |stream| keep.send(stream).unwrap());
    let ended = block_on(worker_of("127.0.0.1", port));
    assert!(
        error_of(&ended).contains("does not answer as ZeroMQ"),
        "{:?}",
        ended.exit
    );
    drop(kept);
}

#[test]
fn closed_port_is_given_up_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let ended = block_on(worker_of("127.0.0.1", port));
    let error = error_of(&ended);
    assert!(error.ends_with(": connection refused"), "{error}");
    assert!(ended.has_line("(connection refused)"), "{:?}", ended.lines);
}

#[test]
fn unknown_host_is_given_up_with_its_cause() {
    let ended = block_on(worker_of("no-such-host.invalid", 5557));
    assert!(error_of(&ended).contains("no-such-host.invalid:5557"));
}

#[test]
fn zeromq_socket_of_another_kind_is_named_as_such() {
    let ended = block_on(async {
        let mut socket = PullSocket::new();
        let endpoint = socket.bind("tcp://127.0.0.1:0").await.unwrap().to_string();
        let port = endpoint.rsplit(':').next().unwrap().parse().unwrap();
        worker_of("127.0.0.1", port).await
    });
    assert!(
        error_of(&ended).contains("of another kind"),
        "{:?}",
        ended.exit
    );
}

#[test]
fn garbage_from_the_master_is_survived() {
    block_on(async {
        let master = FakeMaster::start().await;
        let ended = work(
            master.address.clone(),
            fast(),
            FakeLoad::default(),
            |_| async {
                master
                    .until("ready", |state| state.workers.len() == 1)
                    .await;
                for frame in [
                    &b"\xc1"[..],
                    b"",
                    b"\x93\xa5spawn\xc0\xa1a",
                    b"\xdd\xff\xff\xff\xff",
                    &[0x91; 5000],
                ] {
                    master.send_frame(frame.to_vec());
                }
                master.send("dawn", &json!({"a": [1, 2]}));
                master.send("update_user_class", &json!({"user_class_name": "Reader"}));
                master.send("stop", &json!(null));
                master.send("stop", &json!(null));
                master.send("spawning_complete", &json!(null));
                master.spawn(10.0, 1);
                master
                    .until("users", |state| {
                        state.workers.first().is_some_and(|one| one.1 == 1)
                    })
                    .await;
                master.send("quit", &json!(null));
            },
        )
        .await;
        assert_eq!(ended.exit.status, ExitStatus::Success);
        assert!(ended.has_line("unknown type `dawn`"), "{:?}", ended.lines);
        assert!(
            ended.has_line("the master sent what is no message"),
            "{:?}",
            ended.lines
        );
    });
}

#[test]
fn stream_that_breaks_after_the_handshake_is_a_lost_master() {
    let port = server(|mut stream| {
        let mut greeting = [0; 64];
        greeting[0] = 0xff;
        greeting[9] = 0x7f;
        greeting[10] = 3;
        greeting[12..16].copy_from_slice(b"NULL");
        let ready = b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06ROUTER";
        let _ = stream.write_all(&greeting);
        let _ = stream.write_all(ready);
        // A command that does not exist.
        let _ = stream.write_all(b"\x04\x05\x04PANG");
        let _ = stream.read(&mut [0; 512]);
    });
    let ended = block_on(worker_of("127.0.0.1", port));
    assert!(
        ended.has_line("lost the Locust master at"),
        "{:?}",
        ended.lines
    );
    assert_eq!(ended.exit.status, ExitStatus::CouldNotStart);
}
