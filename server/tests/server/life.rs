//! Starting and stopping, and a ledger that misses nothing.

use crate::raw::Raw;
use flagpole_protocol::Cause;
use flagpole_server::BlockingServer;
use flagpole_server::StartError;
use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

const ASK: &str = "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_taken_port_is_an_error_whoever_has_it() {
    let server = BlockingServer::builder().start().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [server.addr(), other.local_addr().unwrap()] {
        let error = BlockingServer::builder()
            .address(address)
            .start()
            .unwrap_err();
        assert!(matches!(error, StartError::PortInUse(_)), "{error}");
        assert_eq!(
            error.to_string(),
            format!("port {} of 127.0.0.1 is taken", address.port())
        );
    }
}

#[test]
fn dropping_a_server_frees_its_port_at_once() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    raw.send(ASK);
    let address = server.addr();
    drop(server);
    assert!(BlockingServer::builder().address(address).start().is_ok());
    assert_eq!(
        raw.0.read(&mut [0; 1]).unwrap_or(0),
        0,
        "no answer after the end"
    );
}

#[test]
fn several_servers_live_in_one_process() {
    let servers: Vec<_> = (0..5)
        .map(|_| BlockingServer::builder().start().unwrap())
        .collect();
    for server in &servers {
        assert_eq!(Raw::to(server).get("/flags/br/br.gif").status, 200);
        assert_eq!(server.ledger().requests, 1);
    }
}

#[test]
fn a_shutdown_finishes_what_is_under_way() {
    let server = BlockingServer::builder()
        .latency("300ms".parse().unwrap())
        .start()
        .unwrap();
    let (mut busy, idle) = (Raw::to(&server), Raw::to(&server));
    busy.send(ASK);
    while server.ledger().requests == 0 {
        std::thread::yield_now();
    }
    let address = server.addr();
    let ledger = server.shutdown(Duration::from_secs(20));
    assert_eq!(busy.reply(true).status, 200);
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (1, 1, 0)
    );
    assert!(TcpListener::bind(address).is_ok());
    drop(idle);
}

#[test]
fn a_shutdown_waits_no_longer_than_its_grace() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    raw.send(ASK);
    while server.ledger().requests == 0 {
        std::thread::yield_now();
    }
    let start = Instant::now();
    let ledger = server.shutdown(Duration::from_millis(50));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (1, 0, 1)
    );
}

#[test]
fn a_peer_that_leaves_is_an_entry_without_a_status() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    raw.send(ASK);
    while server.ledger().requests == 0 {
        std::thread::yield_now();
    }
    drop(raw);
    while server.ledger().aborted == 0 {
        std::thread::yield_now();
    }
    let ledger = server.shutdown(Duration::from_secs(10));
    let entry = &ledger.entries[0];
    assert_eq!(
        (entry.status, entry.completed, &entry.cause),
        (None, false, &Cause::Delay)
    );
    assert_eq!(entry.planned, Duration::from_secs(3600));
}

#[test]
fn the_ledger_tells_each_request_by_resource_and_number() {
    let server = BlockingServer::builder()
        .fault("503".parse().unwrap())
        .journal_capacity(10)
        .workers(1.try_into().unwrap());
    let server = server.start().unwrap();
    let mut raw = Raw::to(&server);
    for path in ["/flags/br/br.gif", "/flags/br/br.gif", "/nowhere"] {
        raw.ask("GET", path, "Flagpole-Run: r\r\n");
    }
    drop(raw);
    let ledger = server.shutdown(Duration::from_secs(10));
    let told: Vec<_> = ledger
        .entries
        .iter()
        .map(|e| format!("{} {} {}", e.resource, e.request_number.unwrap(), e.cause))
        .collect();
    assert_eq!(
        told,
        [
            "/flags/br/br.gif 1 fault 503",
            "/flags/br/br.gif 2 fault 503",
            "other 1 fault 503"
        ]
    );
    assert_eq!(ledger.by_status.get(&503), Some(&3));
    assert_eq!(ledger.entries[0].run.as_deref(), Some("r"));
}

#[test]
fn the_entries_are_bounded() {
    let server = BlockingServer::builder()
        .journal_capacity(2)
        .workers(1.try_into().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    (0..5).for_each(|_| assert_eq!(raw.get("/flags/br/br.gif").status, 200));
    drop(raw);
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!(
        (
            ledger.requests,
            ledger.entries.len(),
            ledger.entries_dropped
        ),
        (5, 2, 3)
    );
}

#[test]
fn further_connections_wait_until_one_leaves() {
    let server = BlockingServer::builder()
        .max_connections(1)
        .start()
        .unwrap();
    let mut first = Raw::to(&server);
    assert_eq!(first.get("/flags/br/br.gif").status, 200);
    let mut second = Raw::to(&server);
    second.send(ASK);
    second
        .0
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(
        second.0.read(&mut [0; 1]).is_err(),
        "answered over the limit"
    );
    drop(first);
    second
        .0
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert_eq!(second.reply(true).status, 200);
}

/// What a process has open, as the system counts it: threads and descriptors.
#[cfg(target_os = "linux")]
fn open() -> (usize, usize) {
    let count = |of: &str| {
        std::fs::read_dir(format!("/proc/self/{of}"))
            .unwrap()
            .count()
    };
    (count("task"), count("fd"))
}

/// The test runs itself in a process of its own, in which nobody else opens anything.
#[test]
#[cfg(target_os = "linux")]
fn two_hundred_servers_in_a_row_leave_nothing_behind() {
    const NAME: &str = "life::two_hundred_servers_in_a_row_leave_nothing_behind";
    if std::env::var_os("FLAGPOLE_ALONE").is_none() {
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", NAME]).env("FLAGPOLE_ALONE", "1");
        let output = alone.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        return;
    }
    let serve = || {
        let [one, other] = [(); 2].map(|()| BlockingServer::builder().start().unwrap());
        assert_eq!(Raw::to(&one).get("/flags/br/br.gif").status, 200);
        let address = other.addr();
        other.shutdown(Duration::from_secs(10));
        drop(one);
        assert!(TcpListener::bind(address).is_ok(), "the port is free");
    };
    serve();
    let before = open();
    (0..100).for_each(|_| serve());
    assert_eq!(open(), before);
}

#[tokio::test]
async fn an_async_server_serves_while_its_caller_s_event_loop_is_blocked() {
    let server = flagpole_server::Server::builder()
        .fault("418".parse().unwrap())
        .journal_capacity(10)
        .start()
        .await
        .unwrap();
    // Blocks the only thread of this test's runtime.
    let mut stream = std::net::TcpStream::connect(server.addr()).unwrap();
    std::io::Write::write_all(&mut stream, ASK.as_bytes()).unwrap();
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 418");
    assert_eq!(server.ledger().requests, 1);
    assert_eq!(
        server.shutdown(Duration::from_secs(10)).await.by_status[&418],
        1
    );
}
