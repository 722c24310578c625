//! Start, shutdown, and a complete ledger.

use crate::raw_connection::{RawConnection, finish, wait_until};
use flagpole_protocol::Cause;
use flagpole_server::StartError;
use flagpole_server::{BlockingServer, ResponseEnd};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

const REQUEST: &str = "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn taken_port_is_an_error() {
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

/// An address whose ports the other tests do not use: connections and servers take free ports of 127.0.0.1 all the time.
const OWN_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 0);

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs an address beside 127.0.0.1")]
fn drop_frees_the_port_immediately() {
    let server = BlockingServer::builder()
        .address(OWN_ADDRESS)
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(REQUEST);
    let address = server.addr();
    drop(server);
    assert!(BlockingServer::builder().address(address).start().is_ok());
    assert_eq!(
        raw.0.read(&mut [0; 1]).unwrap_or(0),
        0,
        "no response after the drop"
    );
}

#[test]
fn several_servers_run_in_one_process() {
    let servers: Vec<_> = (0..5)
        .map(|_| BlockingServer::builder().start().unwrap())
        .collect();
    for server in &servers {
        assert_eq!(
            RawConnection::open(server).get("/flags/br/br.gif").status,
            200
        );
        assert_eq!(server.ledger().requests, 1);
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "needs an address beside 127.0.0.1")]
fn shutdown_finishes_requests_in_progress() {
    let server = BlockingServer::builder()
        .address(OWN_ADDRESS)
        .latency("300ms".parse().unwrap())
        .start()
        .unwrap();
    let (mut busy, idle) = (RawConnection::open(&server), RawConnection::open(&server));
    busy.send(REQUEST);
    wait_until(|| server.ledger().requests != 0);
    let address = server.addr();
    let ledger = server.shutdown(Duration::from_secs(20));
    assert_eq!(busy.response(true).status, 200);
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (1, 1, 0)
    );
    assert!(TcpListener::bind(address).is_ok());
    drop(idle);
}

#[test]
fn shutdown_waits_at_most_the_grace_period() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(REQUEST);
    wait_until(|| server.ledger().requests != 0);
    let ledger = server.shutdown(Duration::from_millis(50));
    assert_eq!(
        (ledger.requests, ledger.ended_by_stop, ledger.aborted),
        (1, 1, 0)
    );
}

/// An idle connection, a head without its end, and a response that never ends by itself.
#[test]
fn shutdown_does_not_wait_for_what_is_no_response() {
    for (fault, bytes) in [
        ("404@0%", ""),
        ("404@0%", "GET /flags/br/br.gif HTTP/1.1\r\nHo"),
        ("hang", REQUEST),
        ("hang:20", REQUEST),
    ] {
        let fault = fault.parse().unwrap();
        let server = BlockingServer::builder().fault(fault).start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(bytes);
        let requests = u64::from(bytes == REQUEST);
        wait_until(|| server.ledger().connections == 1 && server.ledger().requests == requests);
        let ledger = server.shutdown(Duration::from_secs(86_400));
        assert_eq!((ledger.completed, ledger.ended_by_stop), (0, requests));
    }
}

/// A peer that reads slowly or not at all, and a pace that takes hours.
#[test]
fn shutdown_cuts_what_is_written_when_the_grace_is_over() {
    for fault in [
        "trickle:1",
        "slow-head:24h",
        "dribble:5,24h",
        "chunked:endless",
    ] {
        let fault = fault.parse().unwrap();
        let server = BlockingServer::builder().fault(fault).start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(REQUEST);
        wait_until(|| server.ledger().requests == 1);
        let ledger = server.shutdown(Duration::from_millis(10));
        assert_eq!((ledger.completed, ledger.ended_by_stop), (0, 1));
    }
}

#[test]
fn disconnected_peer_is_logged_without_status() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(REQUEST);
    wait_until(|| server.ledger().requests != 0);
    raw.reset();
    wait_until(|| server.ledger().aborted != 0);
    let (_, requests) = finish(server);
    let (request, outcome) = &requests[0];
    assert_eq!(
        (outcome.status, outcome.end, &request.cause),
        (None, ResponseEnd::PeerLeft, &Cause::Delay)
    );
    assert_eq!(request.planned, Duration::from_secs(3600));
}

#[test]
fn journal_entries_have_resource_and_request_number() {
    let server = BlockingServer::builder()
        .fault("503".parse().unwrap())
        .journal_capacity(10)
        .workers(1.try_into().unwrap());
    let server = server.start().unwrap();
    let mut raw = RawConnection::open(&server);
    for path in ["/flags/br/br.gif", "/flags/br/br.gif", "/nowhere"] {
        raw.request("GET", path, "Flagpole-Run: r\r\n");
    }
    drop(raw);
    let (ledger, requests) = finish(server);
    let entries: Vec<_> = requests
        .iter()
        .map(|(e, _)| format!("{} {} {}", e.resource, e.request_number.unwrap(), e.cause))
        .collect();
    assert_eq!(
        entries,
        [
            "/flags/br/br.gif 1 fault 503",
            "/flags/br/br.gif 2 fault 503",
            "/nowhere 1 fault 503"
        ]
    );
    assert_eq!(ledger.by_status.get(&503), Some(&3));
    assert_eq!(requests[0].0.run.as_deref(), Some("r"));
}

#[test]
fn journal_entries_are_bounded() {
    let server = BlockingServer::builder()
        .journal_capacity(2)
        .workers(1.try_into().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    (0..5).for_each(|_| assert_eq!(raw.get("/flags/br/br.gif").status, 200));
    drop(raw);
    let control = server.control();
    let (ledger, requests) = finish(server);
    let numbers: Vec<_> = (requests.iter())
        .filter_map(|(request, _)| request.request_number)
        .collect();
    assert_eq!(numbers, [4, 5], "the newest");
    assert_eq!((ledger.requests, control.journal_entries_dropped()), (5, 3));
}

#[test]
fn further_connections_wait_until_one_closes() {
    let server = BlockingServer::builder()
        .max_connections(1)
        .start()
        .unwrap();
    let mut first = RawConnection::open(&server);
    assert_eq!(first.get("/flags/br/br.gif").status, 200);
    let mut second = RawConnection::open(&server);
    second.send(REQUEST);
    second
        .0
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(
        second.0.read(&mut [0; 1]).is_err(),
        "served above the limit"
    );
    drop(first);
    second
        .0
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert_eq!(second.response(true).status, 200);
}

/// Numbers of threads and of file descriptors of this process.
#[cfg(target_os = "linux")]
fn open_resources() -> (usize, usize) {
    let count = |of: &str| {
        std::fs::read_dir(format!("/proc/self/{of}"))
            .unwrap()
            .count()
    };
    (count("task"), count("fd"))
}

/// Runs itself in a process of its own, where no other test opens files.
#[test]
#[cfg(target_os = "linux")]
fn two_hundred_servers_leak_no_threads_or_descriptors() {
    const NAME: &str = "lifecycle::two_hundred_servers_leak_no_threads_or_descriptors";
    if std::env::var_os("FLAGPOLE_ISOLATED").is_none() {
        let mut isolated = std::process::Command::new(std::env::current_exe().unwrap());
        isolated
            .args(["--exact", NAME])
            .env("FLAGPOLE_ISOLATED", "1");
        let output = isolated.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        return assert!(stdout.contains("1 passed"), "{stdout}");
    }
    let serve = || {
        let [one, other] = [(); 2].map(|()| BlockingServer::builder().start().unwrap());
        assert_eq!(
            RawConnection::open(&one).get("/flags/br/br.gif").status,
            200
        );
        other.shutdown(Duration::from_secs(10));
        drop(one);
    };
    serve();
    let before = open_resources();
    (0..100).for_each(|_| serve());
    // A joined thread may stay in `/proc` for a moment.
    wait_until(|| {
        let now = open_resources();
        now.0 <= before.0 && now.1 <= before.1
    });
}

#[tokio::test]
async fn async_server_serves_while_the_callers_event_loop_is_blocked() {
    let server = flagpole_server::Server::builder()
        .fault("418".parse().unwrap())
        .journal_capacity(10)
        .start()
        .await
        .unwrap();
    // Blocks the only thread of this test's runtime.
    let mut stream = std::net::TcpStream::connect(server.addr()).unwrap();
    std::io::Write::write_all(&mut stream, REQUEST.as_bytes()).unwrap();
    let mut status_line = [0; 12];
    stream.read_exact(&mut status_line).unwrap();
    assert_eq!(&status_line, b"HTTP/1.1 418");
    assert_eq!(server.ledger().requests, 1);
    assert_eq!(
        server.shutdown(Duration::from_secs(10)).await.by_status[&418],
        1
    );
}
