//! `GET /ledger` and `POST /reset`.

use crate::call::{Fixture, wait_until};
use flagpole_protocol::{LedgerReport, ProcessUsage};
use flagpole_server::{BlockingServer, ControlPlane};
use std::net::TcpStream;

const TWO: &str = "[[listener]]\nname = 'A'\nfaults = [503]\n[[listener]]\nname = 'B'";

fn report(fixture: &Fixture, method: &str, target: &str) -> LedgerReport {
    serde_json::from_value(fixture.call(method, target, "", "").json()).unwrap()
}

#[test]
fn ledger_has_the_counts_of_each_listener() {
    let fixture = Fixture::new(TWO);
    fixture.flag("");
    let read = |target| report(&fixture, "GET", target);
    let both = read("/ledger");
    assert_eq!(both.listeners.len(), 2);
    assert_eq!(both.listeners[0].name.as_deref(), Some("A"));
    assert_eq!(both.listeners[0].url, fixture.servers[0].url());
    assert_eq!(both.listeners[0].ledger.by_status[&503], 1);
    assert_eq!(both.listeners[1].ledger.requests, 0);
    let port = fixture.servers[1].addr().port();
    assert_eq!(
        read("/ledger?listener=B").listeners[..],
        both.listeners[1..]
    );
    assert_eq!(
        read(&format!("/ledger?listener={port}")).listeners[..],
        both.listeners[1..]
    );
    let unknown = fixture.get("/ledger?listener=C").problem();
    assert_eq!(unknown.0, 404);
    assert!(
        unknown.1.starts_with("unknown listener `C`"),
        "{}",
        unknown.1
    );
}

#[test]
fn reset_answers_with_the_ledger_until_then_and_starts_from_0() {
    let fixture = Fixture::new("[[listener]]\n[[listener.rule]]\nfirst = 1\nfaults = [503]");
    assert_eq!(
        [fixture.flag("").status, fixture.flag("").status],
        [503, 200]
    );
    assert_eq!(
        report(&fixture, "POST", "/reset").listeners[0]
            .ledger
            .requests,
        2
    );
    assert_eq!(
        report(&fixture, "GET", "/ledger").listeners[0]
            .ledger
            .requests,
        0
    );
    assert_eq!(
        [fixture.flag("").status, fixture.flag("").status],
        [503, 200]
    );
}

#[test]
fn reset_of_one_listener_leaves_the_others() {
    let fixture = Fixture::new(TWO);
    fixture.flag("");
    assert_eq!(
        report(&fixture, "POST", "/reset?listener=B")
            .listeners
            .len(),
        1
    );
    assert_eq!(
        report(&fixture, "GET", "/ledger?listener=A").listeners[0]
            .ledger
            .requests,
        1
    );
}

#[test]
fn reset_can_wait_until_connections_are_closed() {
    let fixture = Fixture::clean();
    let open = TcpStream::connect(fixture.servers[0].addr()).unwrap();
    wait_until(|| fixture.servers[0].ledger().connections == 1);
    assert_eq!(
        report(&fixture, "POST", "/reset?drain=10ms")
            .listeners
            .len(),
        1
    );
    drop(open);
    assert_eq!(fixture.call("POST", "/reset?drain=60s", "", "").status, 200);
    let refused = fixture.call("POST", "/reset?drain=soon", "", "").problem();
    assert_eq!(
        refused.1,
        "drain: expected a duration such as `50ms` or `1.5s`, got `soon`"
    );
}

#[test]
fn reset_answers_with_what_the_process_used() {
    let server = BlockingServer::builder().start().unwrap();
    let usage = || ProcessUsage {
        cpu_us: 7,
        run_queue_us: None,
    };
    let control = ControlPlane::builder([server.control()]).process_usage(usage);
    let fixture = Fixture {
        control: control.start().unwrap(),
        servers: vec![server],
    };
    let process = report(&fixture, "POST", "/reset").process.unwrap();
    assert_eq!((process.cpu_us, process.run_queue_us), (7, None));
    assert_eq!(report(&fixture, "GET", "/ledger").process, None);
}
