//! Faults of a listener by windows of time: delayed and refused connections; and its shared bandwidth.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_server::BlockingServer;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const PATH: &str = "/flags/br/br.gif";

#[test]
fn connection_is_served_after_the_accept_delay() {
    let delay = "200ms".parse().unwrap();
    let server = BlockingServer::builder().accept_delay(delay);
    let server = server.start().unwrap();
    let start = Instant::now();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get(PATH).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[test]
fn accept_delays_of_several_connections_overlap() {
    let delay = "1s".parse().unwrap();
    let server = BlockingServer::builder().accept_delay(delay);
    let server = server.start().unwrap();
    let start = Instant::now();
    let mut raws: Vec<_> = (0..50).map(|_| RawConnection::open(&server)).collect();
    for raw in &mut raws {
        assert_eq!(raw.get(PATH).status, 200);
    }
    // One after the other they would take 25 s on two cores.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn connections_are_refused_in_the_window() {
    let window = "0..".parse().unwrap();
    let server = BlockingServer::builder().refuse(window).start().unwrap();
    let connect = || TcpStream::connect(server.addr()).map_err(|error| error.kind());
    assert_eq!(connect().err(), Some(ErrorKind::ConnectionRefused));
    // `TcpListener::bind` sets SO_REUSEADDR, as servers do. The workers reserve the port when they run.
    let taken = || TcpListener::bind(server.addr()).map_err(|error| error.kind());
    wait_until(|| taken().err() == Some(ErrorKind::AddrInUse));
}

#[test]
fn connections_are_accepted_after_the_window() {
    let window = "..300ms".parse().unwrap();
    let server = BlockingServer::builder().refuse(window).start().unwrap();
    thread::sleep(Duration::from_millis(300));
    wait_until(|| TcpStream::connect(server.addr()).is_ok());
    assert_eq!(RawConnection::open(&server).get(PATH).status, 200);
}

#[test]
fn open_connections_go_on_while_others_are_refused() {
    let window = "1s..".parse().unwrap();
    let server = BlockingServer::builder().refuse(window).start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get(PATH).status, 200);
    wait_until(|| TcpStream::connect(server.addr()).is_err());
    assert_eq!(raw.get(PATH).status, 200);
}

/// 16 responses of 11,059 bytes at 500,000 bytes per second take 354 ms.
#[test]
fn connections_share_the_bandwidth() {
    let bandwidth = "500kB/s".parse().unwrap();
    let server = BlockingServer::builder().bandwidth(bandwidth);
    let server = server.start().unwrap();
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut raw = RawConnection::open(&server);
                for _ in 0..4 {
                    assert_eq!(raw.get(PATH).body.len(), 11_059);
                }
            });
        }
    });
    assert!(start.elapsed() >= Duration::from_millis(16 * 11_059 / 500));
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.completed, ledger.early_responses), (16, 0));
}
