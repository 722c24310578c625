//! Servers that listen on several addresses.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_server::{BlockingServer, ServerBuilder, StartError};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};

const PATH: &str = "/flags/br/br.gif";

fn builder(addresses: &[&str]) -> ServerBuilder<BlockingServer> {
    let addresses = addresses.iter().map(|address| address.parse().unwrap());
    BlockingServer::builder().addresses(addresses)
}

/// Where this machine has no IPv6, the tests have nothing to say.
fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

fn status_at(address: SocketAddr) -> u16 {
    let mut raw = RawConnection(TcpStream::connect(address).unwrap());
    raw.get(PATH).status
}

#[test]
fn server_answers_on_every_address_at_one_port() {
    if !has_ipv6() {
        return;
    }
    let server = builder(&["127.0.0.1:0", "[::1]:0"]).start().unwrap();
    let [first, second] = server.addrs() else {
        panic!("{:?}", server.addrs())
    };
    assert_eq!((first.port(), server.addr()), (second.port(), *first));
    assert_eq!([status_at(*first), status_at(*second)], [200, 200]);
    let expected = [format!("http://{first}/"), format!("http://{second}/")];
    assert_eq!(server.urls(), expected);
    assert_eq!(server.ledger().requests, 2);
}

#[test]
fn port_that_is_taken_on_one_address_is_refused() {
    if !has_ipv6() {
        return;
    }
    let other = TcpListener::bind("[::1]:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let both = [
        SocketAddr::from(([127, 0, 0, 1], port)),
        other.local_addr().unwrap(),
    ];
    let error = BlockingServer::builder().addresses(both).start();
    let error = error.unwrap_err();
    assert!(matches!(error, StartError::PortInUse(_)), "{error}");
    assert_eq!(error.to_string(), format!("port {port} of ::1 is taken"));
}

#[test]
fn all_addresses_refuse_and_accept_together() {
    if !has_ipv6() {
        return;
    }
    let start = |window: &str| {
        let server = builder(&["127.0.0.1:0", "[::1]:0"]);
        server.refuse(window.parse().unwrap()).start().unwrap()
    };
    let server = start("0..");
    for address in server.addrs() {
        let refused = TcpStream::connect(address).map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(ErrorKind::ConnectionRefused));
    }
    let server = start("..300ms");
    for address in server.addrs() {
        wait_until(|| TcpStream::connect(address).is_ok());
        assert_eq!(status_at(*address), 200);
    }
}

#[test]
fn unspecified_ipv6_address_takes_ipv4_too_unless_that_has_an_address() {
    if !has_ipv6() {
        return;
    }
    let port_of = |server: &BlockingServer| server.addr().port();
    let server = builder(&["[::]:0"]).start().unwrap();
    assert_eq!(status_at(([127, 0, 0, 1], port_of(&server)).into()), 200);
    assert_eq!(server.url(), format!("http://[::1]:{}/", port_of(&server)));
    let server = builder(&["127.0.0.1:0", "[::]:0"]).start().unwrap();
    assert_eq!(status_at(([127, 0, 0, 1], port_of(&server)).into()), 200);
    assert_eq!(
        status_at(format!("[::1]:{}", port_of(&server)).parse().unwrap()),
        200
    );
    #[cfg(target_os = "linux")]
    {
        let other = TcpStream::connect(("127.0.0.2", port_of(&server)));
        let kind = other.map_err(|error| error.kind()).err();
        assert_eq!(kind, Some(ErrorKind::ConnectionRefused));
    }
}

#[test]
fn server_without_an_address_is_refused() {
    let error = builder(&[]).start().unwrap_err();
    assert_eq!(error.to_string(), "no address to listen on");
}
