//! Abuse of the control plane while clients download. `.ci/control-abuse` does it with more connections and measures.

use crate::call::{Fixture, call};
use serde_json::json;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

/// More than the connections that the control plane takes, together.
const CONNECTIONS_OF_A_KIND: usize = 120;

/// Sets its flag when it is dropped, even by a panic.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn downloads_are_whole_while_the_control_plane_is_abused() {
    let fixture = Fixture::clean();
    let address = fixture.servers[0].addr();
    let length = fixture.flag("").body.len();
    let is_over = AtomicBool::new(false);
    let downloads: u64 = thread::scope(|scope| {
        let is_over = &is_over;
        let _stop = StopOnDrop(is_over);
        let clients =
            [(); 4].map(|()| scope.spawn(move || download_until(is_over, address, length)));
        abuse(&fixture);
        is_over.store(true, Relaxed);
        let downloads = clients.map(|client| client.join().unwrap());
        downloads.iter().sum()
    });
    let ledger = fixture.servers[0].ledger();
    assert!(downloads > 0);
    assert_eq!(
        (ledger.completed, ledger.connection_errors),
        (downloads + 1, 0)
    );
}

/// Downloads over and over; returns how often.
fn download_until(is_over: &AtomicBool, address: SocketAddr, length: usize) -> u64 {
    let mut downloads = 0;
    while !is_over.load(Relaxed) {
        let flag = call(address, "GET", "/flags/br/br.gif", "", "");
        assert_eq!((flag.status, flag.body.len()), (200, length));
        downloads += 1;
    }
    downloads
}

fn abuse(fixture: &Fixture) {
    let targets = [
        "/journal?follow=true",
        "/journal?wait=1000000&timeout=60s",
        "/journal",
    ];
    // They read nothing.
    let connections: Vec<_> = targets
        .iter()
        .flat_map(|target| (0..CONNECTIONS_OF_A_KIND).map(move |_| target))
        .map(|target| {
            let mut stream = TcpStream::connect(fixture.control.addr()).unwrap();
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        let profile = json!({ "listener": [{ "faults": ["503@200%"] }] });
        let refused = fixture.send("PUT", "/profile", &profile).problem();
        assert_eq!(refused.0, 422);
        assert!(
            refused.1.starts_with("listener[0].faults[0]: "),
            "{refused:?}"
        );
        let origin = "Origin: http://evil.example\r\n";
        assert_eq!(fixture.call("POST", "/reset", origin, "").problem().0, 403);
        assert_eq!(fixture.get("/healthz").status, 200);
    }
    drop(connections);
}
