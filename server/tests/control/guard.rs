//! Requests that do not come from the user.

use crate::call::Fixture;

#[test]
fn pages_of_other_sites_change_nothing() {
    let fixture = Fixture::clean();
    fixture.flag("");
    let port = fixture.control.addr().port();
    for (fields, status) in [
        ("Host: evil.example\r\n", 421),
        ("Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n", 403),
        ("Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 403),
    ] {
        let answer = fixture.call("POST", "/reset", fields, "");
        assert_eq!(answer.problem().0, status, "{fields}");
    }
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    assert_eq!(fixture.call("POST", "/reset", form, "a=b").problem().0, 415);
    assert_eq!(fixture.servers[0].ledger().requests, 1);
    let own = format!("Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n");
    assert_eq!(fixture.call("POST", "/reset", &own, "").status, 200);
    assert_eq!(fixture.servers[0].ledger().requests, 0);
}

#[test]
fn reading_needs_a_host_of_this_machine_too() {
    let fixture = Fixture::clean();
    for path in ["/profile", "/healthz", "/nowhere"] {
        let answer = fixture.call("GET", path, "Host: rebound.example:80\r\n", "");
        assert_eq!(answer.problem().0, 421, "{path}");
    }
}
