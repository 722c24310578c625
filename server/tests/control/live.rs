//! The live page of running servers.

use crate::call::{Fixture, wait_until};
use crate::events::Events;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A name that would end a script, an attribute or the direction of writing.
const HOSTILE: &str = "</script><img src=x>\"'\u{202e}";

#[test]
fn browser_gets_the_page_and_others_the_list_of_operations() {
    let fixture = Fixture::clean();
    let accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    let page = fixture.call("GET", "/", accept, "");
    assert!(page.body.starts_with("<!doctype html>"), "{page:?}");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(page.field(name), Some(value), "{name}");
    }
    for accept in ["", "Accept: */*\r\n"] {
        let list = fixture.call("GET", "/", accept, "").body;
        assert!(list.starts_with("GET /  "), "{list}");
    }
}

#[test]
fn every_file_that_the_page_names_is_served() {
    let fixture = Fixture::clean();
    let page = fixture.call("GET", "/", "Accept: text/html\r\n", "").body;
    let mut names: Vec<_> = page
        .split("\"/live/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect();
    assert!(names.len() >= 3, "{names:?}");
    while let Some(name) = names.pop() {
        let file = fixture.get(&format!("/live/{name}"));
        assert_eq!(file.status, 200, "{name}");
        assert_eq!(file.field("x-content-type-options"), Some("nosniff"));
        let imports = file.body.split(" from \"./").skip(1);
        names.extend(imports.filter_map(|rest| rest.split('"').next().map(str::to_owned)));
    }
    assert_eq!(
        fixture.get("/live/br.gif").field("content-type"),
        Some("image/gif")
    );
    for missing in ["/live/", "/live/zz.gif", "/live/../profile", "/live/x.js"] {
        assert_eq!(fixture.get(missing).problem().0, 404, "{missing}");
    }
}

#[test]
fn stream_has_the_state_the_history_and_snapshots() {
    let fixture = Fixture::clean();
    let mut events = Events::open(fixture.control.addr());
    let head = events.head.to_lowercase();
    for field in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(head.contains(&format!("\n{field}\n")), "{head}");
    }
    // The state, and so the first snapshots, may be there before or after the history is read.
    let mut seen = BTreeMap::new();
    while !["site", "history", "state"]
        .iter()
        .all(|name| seen.contains_key(*name))
    {
        seen.extend([events.next().expect("the stream goes on")]);
    }
    assert_eq!(seen["site"]["flags"][0], "ad");
    assert!(seen["history"].is_array(), "{seen:?}");
    let listener = &seen["state"]["listeners"][0];
    assert_eq!(listener["profile"]["latency"], 0);
    for _ in 0..3 {
        assert_eq!(fixture.flag("").status, 200);
    }
    let mut requests = 0;
    while requests < 3 {
        let snapshot = events.next_of("snapshot");
        requests += snapshot["listeners"][0]["requests"].as_u64().unwrap();
    }
    // They may have begun in one interval and ended in the next.
    while events.next_of("requests")["flags"]["br"]["result"] != "ok" {}
}

#[test]
fn a_change_of_the_profile_reaches_the_reader() {
    let fixture = Fixture::clean();
    let mut events = Events::open(fixture.control.addr());
    events.next_of("state");
    let change = json!({ "latency": "20ms", "faults": ["503@10%"] });
    let path = format!("/profile?listener={}", fixture.servers[0].addr().port());
    assert_eq!(fixture.send("PATCH", &path, &change).status, 200);
    let profile = &events.next_of("state")["listeners"][0]["profile"];
    assert_eq!(
        (&profile["latency"], &profile["faults"][0]),
        (&json!("20ms"), &json!("503@10%"))
    );
}

#[test]
fn history_survives_a_new_connection() {
    let fixture = Fixture::clean();
    let mut events = Events::open(fixture.control.addr());
    fixture.flag("");
    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(events.next_of("snapshot"));
    }
    drop(events);
    let history = Events::open(fixture.control.addr()).next_of("history");
    let history = history.as_array().unwrap();
    assert!(
        seen.iter().all(|snapshot| history.contains(snapshot)),
        "{history:?}"
    );
}

#[test]
fn hostile_name_of_a_listener_is_only_data() {
    let profile = format!("[[listener]]\nname = '''{HOSTILE}'''");
    let fixture = Fixture::new(&profile);
    let mut events = Events::open(fixture.control.addr());
    assert_eq!(events.next_of("state")["listeners"][0]["key"], HOSTILE);
    let page = fixture.call("GET", "/", "Accept: text/html\r\n", "").body;
    assert!(!page.contains("<img src=x>"), "{page}");
}

#[test]
fn page_and_stream_of_a_foreign_host_are_refused() {
    let fixture = Fixture::clean();
    for path in ["/", "/live/events", "/live/serve.js"] {
        let fields = "Host: evil.example\r\nAccept: text/html\r\n";
        assert_eq!(
            fixture.call("GET", path, fields, "").problem().0,
            421,
            "{path}"
        );
    }
    for fields in [
        "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://evil.example\r\n",
    ] {
        let answer = fixture.call("GET", "/live/events", fields, "");
        assert_eq!(answer.problem().0, 403, "{fields}");
    }
    let fields = "Origin: http://evil.example\r\n";
    assert_eq!(fixture.call("POST", "/reset", fields, "").problem().0, 403);
}

#[test]
fn streams_end_when_the_control_plane_stops() {
    let fixture = Fixture::clean();
    let mut events = Events::open(fixture.control.addr());
    events.next_of("snapshot");
    let reading = std::thread::spawn(move || while events.next().is_some() {});
    let start = Instant::now();
    drop(fixture.control);
    // Without an end of the stream, reading would go on for two minutes.
    reading.join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn number_of_readers_is_bounded() {
    let fixture = Fixture::clean();
    let readers: Vec<_> = (0..64)
        .map(|_| Events::open(fixture.control.addr()))
        .collect();
    assert!(
        readers
            .iter()
            .all(|reader| reader.head.starts_with("HTTP/1.1 200"))
    );
    let refused = fixture.get("/live/events");
    assert_eq!(refused.problem().0, 503);
    assert_eq!(refused.field("retry-after"), Some("1"));
    assert_eq!(fixture.get("/healthz").status, 200);
    drop(readers);
    // The control plane sees soon that they have left.
    wait_until(|| {
        Events::open(fixture.control.addr())
            .head
            .starts_with("HTTP/1.1 200")
    });
}
