//! Both connectors against real sockets.

use super::addresses::Addresses;
use super::socket::start_connect;
use super::{ServerAddress, connect_async, connect_blocking};
use crate::transport::cancel_handle::CancelHandle;
use flagpole_protocol::{Outcome, TimeoutKind};
use rustix::event::{PollFd, PollFlags, poll};
use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::task::Wake as _;
use std::thread;
use std::time::{Duration, Instant};

/// An address that behaves in a certain way until this is dropped.
struct Host {
    address: SocketAddr,
    socket: Socket,
    /// Fills the backlog.
    _filler: Option<TcpStream>,
}

impl Host {
    fn bind(ip: &str) -> Host {
        let ip = SocketAddr::new(ip.parse().unwrap(), 0);
        let socket = Socket::new(Domain::for_address(ip), Type::STREAM, None).unwrap();
        socket.bind(&ip.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Host {
            address,
            socket,
            _filler: None,
        }
    }

    /// Refuses connections: the port is bound, so that no other program listens on it, but nothing listens.
    fn refusing(ip: &str) -> Host {
        Host::bind(ip)
    }

    fn good(ip: &str) -> Host {
        let host = Host::bind(ip);
        host.socket.listen(16).unwrap();
        host
    }

    /// Drops every SYN, because its backlog of one connection is full.
    fn silent(ip: &str) -> Host {
        let host = Host::bind(ip);
        host.socket.listen(0).unwrap();
        Host {
            _filler: Some(TcpStream::connect(host.address).unwrap()),
            ..host
        }
    }
}

fn tcp(resolved: &[SocketAddr]) -> ServerAddress {
    ServerAddress::Tcp(Addresses::new(resolved))
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// The peer of a connection that was opened in each way.
fn connect(hosts: &[&Host], timeout: Option<Duration>) -> [Result<SocketAddr, Outcome>; 2] {
    let resolved: Vec<_> = hosts.iter().map(|host| host.address).collect();
    let blocking = connect_blocking(&tcp(&resolved), timeout, None, &CancelHandle::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let addresses = tcp(&resolved);
    let nonblocking = runtime.block_on(connect_async(&addresses, timeout));
    [
        blocking.map(|stream| stream.peer_addr().unwrap()),
        nonblocking.map(|stream| stream.peer_addr().unwrap()),
    ]
}

#[test]
fn silent_or_refusing_address_is_passed_over() {
    for bad in [Host::silent("127.0.0.1"), Host::refusing("127.0.0.1")] {
        let good = Host::good("127.0.0.1");
        let reached = || Ok(good.address);
        assert_eq!(connect(&[&bad, &good], None), [reached(), reached()]);
        assert_eq!(connect(&[&good, &bad], None), [reached(), reached()]);
    }
}

#[test]
fn next_attempt_begins_at_the_next_address_if_time_ran_out_at_the_first() {
    let (silent, good) = (Host::silent("127.0.0.1"), Host::good("127.0.0.1"));
    let addresses = tcp(&[silent.address, good.address]);
    let connect = || {
        let deadline = Instant::now() + Duration::from_millis(20);
        connect_blocking(&addresses, None, Some(deadline), &CancelHandle::default())
    };
    assert!(connect().is_err());
    // On a busy machine, even a good address may take longer than this.
    let stream = (0..1000).find_map(|_| connect().ok());
    assert_eq!(stream.unwrap().peer_addr().unwrap(), good.address);
}

#[test]
fn either_family_may_be_first_and_fail() {
    if !has_ipv6() {
        return;
    }
    for (bad, good) in [("::1", "127.0.0.1"), ("127.0.0.1", "::1")] {
        let good = Host::good(good);
        for bad in [Host::silent(bad), Host::refusing(bad)] {
            let reached = || Ok(good.address);
            assert_eq!(connect(&[&bad, &good], None), [reached(), reached()]);
        }
    }
}

#[test]
fn silent_addresses_end_in_a_timeout_of_each() {
    let hosts = [Host::silent("127.0.0.1"), Host::silent("127.0.0.1")];
    let limit = Duration::from_millis(30);
    let timeout = || Err(Outcome::Timeout(TimeoutKind::Connect, limit));
    assert_eq!(
        connect(&[&hosts[0], &hosts[1]], Some(limit)),
        [timeout(), timeout()]
    );
}

#[test]
fn refusal_is_reported() {
    let (silent, refusing) = (Host::silent("127.0.0.1"), Host::refusing("127.0.0.1"));
    let refused = || Err(Outcome::ConnectionRefused);
    assert_eq!(connect(&[&refusing], None), [refused(), refused()]);
    let limit = Some(Duration::from_millis(30));
    assert_eq!(
        connect(&[&silent, &refusing], limit),
        [refused(), refused()]
    );
}

#[test]
fn address_that_worked_is_tried_first() {
    let (first, second) = (Host::refusing("127.0.0.1"), Host::good("127.0.0.1"));
    let addresses = tcp(&[first.address, second.address]);
    let peer = || {
        let stream = connect_blocking(&addresses, None, None, &CancelHandle::default());
        stream.map(|stream| stream.peer_addr().unwrap())
    };
    assert_eq!(peer(), Ok(second.address));
    first.socket.listen(16).unwrap();
    assert_eq!(peer(), Ok(second.address));
    drop(second);
    assert_eq!(peer(), Ok(first.address));
}

#[test]
fn deadline_ends_blocking_connecting() {
    let silent = Host::silent("127.0.0.1");
    let addresses = tcp(&[silent.address]);
    let deadline = Instant::now() + Duration::from_millis(20);
    let result = connect_blocking(&addresses, None, Some(deadline), &CancelHandle::default());
    let timeout = Outcome::Timeout(TimeoutKind::Total, Duration::ZERO);
    assert_eq!(result.unwrap_err(), timeout);
}

#[test]
fn cancellation_ends_blocking_connecting() {
    let silent = [Host::silent("127.0.0.1"), Host::silent("127.0.0.1")];
    let addresses = tcp(&[silent[0].address, silent[1].address]);
    let cancel = Arc::new(CancelHandle::default());
    let connecting = cancel.clone();
    let thread = thread::spawn(move || connect_blocking(&addresses, None, None, &connecting));
    cancel.wake();
    assert_eq!(thread.join().unwrap().unwrap_err(), Outcome::Cancelled);
}

#[test]
fn blocking_stream_blocks_and_is_the_one_that_a_cancellation_shuts_down() {
    let good = Host::good("127.0.0.1");
    let cancel = Arc::new(CancelHandle::default());
    let stream = connect_blocking(&tcp(&[good.address]), None, None, &cancel).unwrap();
    let reader = thread::spawn(move || std::io::Read::read(&mut &*stream, &mut [0]).unwrap());
    // A read that does not block fails in this time.
    thread::sleep(Duration::from_millis(20));
    cancel.wake();
    assert_eq!(reader.join().unwrap(), 0);
}

/// What [`CancelHandle`] relies on: without it a thread would wait for as long as the system tries to connect.
#[test]
fn shutdown_of_a_connecting_socket_ends_poll() {
    let silent = Host::silent("127.0.0.1");
    let socket = Arc::new(start_connect(silent.address).unwrap());
    let polled = socket.clone();
    let thread = thread::spawn(move || poll(&mut [PollFd::new(&*polled, PollFlags::OUT)], None));
    socket.shutdown(std::net::Shutdown::Read).unwrap();
    assert_eq!(thread.join().unwrap(), Ok(1));
}
