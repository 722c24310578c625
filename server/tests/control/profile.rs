//! `GET`, `PUT` and `PATCH /profile`.

use crate::call::Fixture;
use flagpole_server::{BlockingServer, ControlPlane, Profile};
use serde_json::json;
use std::fs;
use std::path::Path;

const TWO: &str = "seed = 7\n[[listener]]\nname = 'A'\n[[listener]]\nname = 'B'\nlatency = '1ms'";

#[test]
fn every_built_in_profile_is_accepted_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles");
    let files = fs::read_dir(folder).unwrap();
    let texts: Vec<_> = files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(texts.len() > 5);
    for text in texts {
        let fixture = Fixture::new(&text);
        for media_type in ["application/json", "application/toml"] {
            let read = fixture.call("GET", "/profile", &format!("Accept: {media_type}\r\n"), "");
            assert_eq!(read.field("content-type"), Some(media_type));
            let fields = format!("Accept: {media_type}\r\nContent-Type: {media_type}\r\n");
            let written = fixture.call("PUT", "/profile", &fields, &read.body);
            assert_eq!((written.status, &written.body), (200, &read.body));
            assert_eq!(written.field("etag"), read.field("etag"));
        }
        let read = fixture.call("GET", "/profile", "Accept: application/toml\r\n", "");
        let given: Profile = text.parse().unwrap();
        let mut read: Profile = read.body.parse().unwrap();
        for (read, given) in read.listeners.iter_mut().zip(&given.listeners) {
            read.port = given.port;
        }
        assert_eq!(read.to_string(), given.to_string());
    }
}

#[test]
fn a_put_profile_takes_effect_on_every_listener() {
    let fixture = Fixture::new(TWO);
    let profile = json!({"seed": 8, "listener": [
        {"name": "A", "faults": ["503"]},
        {"name": "B", "latency": null},
    ]});
    let answer = fixture.send("PUT", "/profile", &profile);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["seed"], 8);
    assert_eq!(fixture.flag("").status, 503);
    assert!(fixture.servers[1].listener().latency.is_zero());
    assert_eq!(fixture.servers[1].seed(), 8);
}

#[test]
fn a_patch_changes_one_value() {
    let fixture = Fixture::new(TWO);
    let faults = json!({"faults": [418]});
    let answer = fixture.send("PATCH", "/profile?listener=A", &faults);
    assert_eq!(answer.json()["listener"][0]["faults"], json!(["418@100%"]));
    assert_eq!(fixture.flag("").status, 418);
    let answer = fixture.send("PATCH", "/profile?listener=A", &json!({"faults": null}));
    assert_eq!(answer.json()["listener"][0]["faults"], json!([]));
    let answer = fixture.send("PATCH", "/profile", &json!({"seed": 9, "about": "x"}));
    assert_eq!(
        (&answer.json()["seed"], &answer.json()["about"]),
        (&json!(9), &json!("x"))
    );
    assert_eq!(answer.json()["listener"][1]["latency"], "1ms");
    let unknown = fixture
        .send("PATCH", "/profile?listener=C", &faults)
        .problem();
    assert_eq!(unknown.0, 404);
    let toml = "Content-Type: application/toml\r\n";
    let refused = fixture.call("PATCH", "/profile", toml, "seed = 1");
    assert_eq!(refused.problem().0, 415);
    assert_eq!(
        refused.field("accept-patch"),
        Some("application/merge-patch+json")
    );
}

#[test]
fn an_invalid_profile_is_refused_with_the_place_and_changes_nothing() {
    let fixture = Fixture::new(TWO);
    let before = fixture.get("/profile").body;
    let put = |listeners| fixture.send("PUT", "/profile", &json!({"listener": listeners}));
    for (listeners, sentence) in [
        (
            json!([{"name": "A", "faults": [503]}, {"name": "B", "faults": ["404@5%", "50@5%"]}]),
            "listener[1].faults[1]: status: expected a status of 200 to 999, such as `404`, got `50`",
        ),
        (
            json!([{"name": "A", "faults": [503]}, {"name": "B", "queue": 3}]),
            "listener[1].queue: needs `concurrency_limit`",
        ),
        (
            json!([{"name": "A", "latancy": "1ms"}, {"name": "B"}]),
            "listener[0].latancy: unknown key `latancy`; did you mean `latency`?",
        ),
        (
            json!([{"name": "A", "faults": [503]}]),
            "expected 2 listeners, got 1; their number cannot change while the server runs",
        ),
        (
            json!([{"name": "A", "faults": [503]}, {"name": "C"}]),
            "listener[1].name: expected `B`, got `C`; names cannot change while the server runs",
        ),
        (
            json!([{"name": "A", "faults": ["503,body-file=/etc/passwd"]}, {"name": "B"}]),
            "listener[0].faults: body-file: expected a file that the profile had at the start (none), got `/etc/passwd`",
        ),
    ] {
        assert_eq!(put(listeners).problem(), (422, sentence.to_owned()));
    }
    for (document, sentence) in [
        (json!([]), "expected a table with the keys of a profile"),
        (json!({}), "missing key `listener`"),
        (json!({"seed": 1}), "missing key `listener`"),
        (
            json!({"listener": [null]}),
            "expected no null within a list, got one",
        ),
    ] {
        let refused = fixture.send("PUT", "/profile", &document);
        assert_eq!(refused.problem(), (422, sentence.to_owned()));
    }
    let port = fixture.servers[1].addr().port();
    let refused = put(json!([{"name": "A"}, {"name": "B", "port": 1}])).problem();
    let sentence = format!(
        "listener[1].port: expected {port}, got 1; ports cannot change while the server runs"
    );
    assert_eq!(refused, (422, sentence));
    let toml = "Content-Type: application/toml\r\n";
    let refused = fixture.call("PUT", "/profile", toml, "[[listener]]\nlatency = 'fast'");
    assert!(
        refused
            .problem()
            .1
            .starts_with("2:11: listener[0].latency: "),
        "{refused:?}"
    );
    let json = "Content-Type: application/json\r\n";
    let refused = fixture.call("PUT", "/profile", json, "{\"seed\": 1,}");
    assert_eq!(
        refused.problem(),
        (
            400,
            "expected JSON: trailing comma at line 1 column 12".to_owned()
        )
    );
    assert_eq!(fixture.get("/profile").body, before);
    assert_eq!(fixture.flag("").status, 200);
}

#[test]
fn a_profile_that_changed_since_it_was_read_is_not_overwritten() {
    let fixture = Fixture::new(TWO);
    let tag = |accept: &str| {
        let read = fixture.call("GET", "/profile", accept, "");
        read.field("etag").unwrap().to_owned()
    };
    let patch = |tag: &str, seed: u64| {
        let fields = format!("Content-Type: application/json\r\nIf-Match: {tag}\r\n");
        let body = json!({ "seed": seed }).to_string();
        fixture.call("PATCH", "/profile", &fields, &body).status
    };
    let first = tag("");
    assert_eq!(patch(&first, 100), 200);
    assert_eq!(patch(&first, 101), 412);
    assert_eq!(patch(&tag("Accept: application/toml\r\n"), 102), 200);
    assert_eq!(patch("*", 103), 200);
    assert_eq!(fixture.servers[0].seed(), 103);
}

#[test]
fn files_that_the_profile_had_at_the_start_can_be_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sorry.txt");
    fs::write(&file, "sorry").unwrap();
    let profile = "[[listener]]\nfaults = ['503,body-file=sorry.txt']";
    let profile = Profile::parse_in(folder.path(), profile).unwrap();
    let server = BlockingServer::builder().listener(profile.listeners[0].clone());
    let server = server.start().unwrap();
    let control = ControlPlane::builder([server.control()]).start().unwrap();
    let fixture = Fixture {
        control,
        servers: vec![server],
    };
    let original = fixture.get("/profile").json();
    let clean = fixture.send("PATCH", "/profile?listener=0", &json!({}));
    assert_eq!(clean.status, 404);
    let mut without = original.clone();
    without["listener"][0]["faults"] = json!([]);
    assert_eq!(fixture.send("PUT", "/profile", &without).status, 200);
    assert_eq!(fixture.flag("").status, 200);
    assert_eq!(fixture.send("PUT", "/profile", &original).status, 200);
    let answer = fixture.flag("");
    assert_eq!((answer.status, answer.body.as_str()), (503, "sorry"));
}
