//! `POST /verify`.

use crate::call::Fixture;
use flagpole_server::{BlockingServer, ControlPlane, RequestPattern, Verification};
use serde_json::{Value, json};

/// A server that was asked for a flag twice and answered with 503 and 200.
fn used() -> Fixture {
    let fixture = Fixture::new("[[listener]]\n[[listener.rule]]\nfirst = 1\nfaults = [503]");
    fixture.flag("");
    fixture.flag("");
    assert_eq!(fixture.get("/journal?wait=2").status, 200);
    fixture
}

fn verify(fixture: &Fixture, verification: &Value) -> (u16, Value) {
    let answer = fixture.send("POST", "/verify", verification);
    (answer.status, answer.json())
}

#[test]
fn what_arrived_as_expected_is_verified() {
    let fixture = used();
    for verification in [
        json!({"request": {"path": "/flags/*/*.gif"}, "count": 2}),
        json!({"request": {"status": 503}}),
        json!({"sequence": [{"status": 503}, {"status": 200, "end": "completed"}], "exact": true}),
    ] {
        let (status, report) = verify(&fixture, &verification);
        assert_eq!(
            (status, &report["verified"]),
            (200, &true.into()),
            "{report}"
        );
    }
}

#[test]
fn what_arrived_otherwise_is_a_conflict_with_the_nearest_requests() {
    let fixture = used();
    let (status, report) = verify(&fixture, &json!({"request": {"status": 404}, "count": 1}));
    assert_eq!(status, 409);
    assert_eq!(report["detail"], "expected 1 request, found 0");
    assert_eq!(
        (&report["verified"], &report["certain"]),
        (&false.into(), &true.into())
    );
    assert_eq!(report["nearest"][0]["request"]["status"], 200);
    assert_eq!(
        report["nearest"][0]["mismatches"],
        json!(["status: expected 404, got 200"])
    );
}

#[test]
fn malformed_verifications_are_refused() {
    let fixture = Fixture::clean();
    for (verification, sentence) in [
        (json!({}), "expected `request` or `sequence`, got neither"),
        (
            json!({"request": {"pth": "/"}}),
            "unknown key `pth`; did you mean `path`?",
        ),
        (
            json!({"request": {}, "count": -1}),
            "expected a whole number from 0, or a table with `min` and `max`, got `-1`",
        ),
        (
            json!({"request": {"end": "complete"}}),
            "unknown end `complete`; did you mean `completed`?",
        ),
        (
            json!({"request": {"fields": {"Accept": "*"}}}),
            "fields.accept: not recorded; start the server with `--journal-field accept`",
        ),
    ] {
        let answer = fixture.send("POST", "/verify", &verification);
        assert_eq!(answer.problem(), (422, sentence.to_owned()));
    }
}

#[test]
fn a_listener_has_a_name_or_a_port_and_must_exist() {
    let fixture = Fixture::new("[[listener]]\nname = 'A'\n[[listener]]\nname = 'B'");
    fixture.flag("");
    let status = |listener: &str, count| {
        let request = json!({"request": {"listener": listener}, "count": count});
        verify(&fixture, &request).0
    };
    let port = |index: usize| fixture.servers[index].addr().port().to_string();
    assert_eq!((status("A", 1), status(&port(0), 1)), (200, 200));
    assert_eq!((status("B", 0), status(&port(1), 0)), (200, 200));
    assert_eq!(status("C", 0), 404);
    let only = used();
    let port = only.servers[0].addr().port().to_string();
    let request = json!({"request": {"listener": port}, "count": 2});
    assert_eq!(verify(&only, &request).0, 200);
    let unnamed = Fixture::new("[[listener]]\n[[listener]]");
    let port = unnamed.servers[0].addr().port().to_string();
    assert_eq!(
        verify(&unnamed, &json!({"sequence": [{"listener": port}]})).0,
        422
    );
}

#[test]
fn entries_that_left_the_memory_make_a_result_uncertain() {
    let one = 1.try_into().unwrap();
    let server = BlockingServer::builder()
        .workers(one)
        .journal_capacity(1)
        .start();
    let server = server.unwrap();
    let control = ControlPlane::builder([server.control()]).start().unwrap();
    let fixture = Fixture {
        control,
        servers: vec![server],
    };
    fixture.flag("");
    fixture.flag("");
    let (status, report) = verify(&fixture, &json!({"request": {}, "count": 2}));
    assert_eq!(
        (status, &report["certain"]),
        (409, &false.into()),
        "{report}"
    );
    assert_eq!(verify(&fixture, &json!({"request": {}})).0, 200);
}

#[test]
fn library_verifies_too() {
    let fixture = used();
    let failed = RequestPattern::default().status(503);
    let report = fixture.servers[0]
        .verify(&Verification::count(failed, 1))
        .unwrap();
    assert!(report.verified, "{}", report.detail);
}
