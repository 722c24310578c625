//! Latency and faults that requests ask for, in place of those of rules.

use super::{PATH, body, read_all};
use crate::raw_connection::{RawConnection, RawResponse, finish, wait_until};
use flagpole_protocol::ServerIdentity;
use flagpole_server::config::listener::Listener;
use flagpole_server::{BlockingServer, ServerBuilder};
use std::io::{ErrorKind, Read as _};

const TEAPOT: u16 = 418;

/// Every request that asks for nothing gets a 418.
fn teapot() -> ServerBuilder<BlockingServer> {
    let teapot = "418".parse().unwrap();
    BlockingServer::builder().seed(7).fault(teapot)
}

/// The first response, on a fresh connection, to a request with these fields and this query.
fn ask(server: &BlockingServer, fields: &str, query: &str) -> RawResponse {
    RawConnection::open(server).request("GET", &format!("{PATH}{query}"), fields)
}

#[test]
fn an_asked_fate_takes_the_place_of_what_rules_decide() {
    let server = teapot().start().unwrap();
    let timing = |fields, query| {
        let response = ask(&server, fields, query);
        let timing = response.headers.get("server-timing").cloned();
        let planned = timing.map(|timing| timing.split(',').next().unwrap().to_owned());
        (response.status, planned)
    };
    let planned = |text: &str| Some(format!("planned;dur={text}"));
    assert_eq!(timing("", ""), (TEAPOT, planned("0.000")));
    let fault = (503, planned("0.000"));
    assert_eq!(timing("Flagpole-Fault: 503\r\n", ""), fault);
    assert_eq!(timing("", "?flagpole=fault:503"), fault);
    let delay = (200, planned("1.000"));
    assert_eq!(timing("Flagpole-Latency: 1ms\r\n", ""), delay);
    assert_eq!(timing("", "?x&flagpole=latency:1ms"), delay);
    let both = (503, planned("1.000"));
    assert_eq!(
        timing("Flagpole-Latency: 1ms\r\n", "?flagpole=fault:503"),
        both
    );
    for clean in ["Flagpole-Fault: none\r\n", "Flagpole-Latency: 0\r\n"] {
        assert_eq!(timing(clean, ""), (200, None), "no trace of flagpole");
    }
}

#[test]
fn every_method_and_path_obeys() {
    // Also where nothing else happens to any request.
    for server in [teapot(), BlockingServer::builder()] {
        let server = server.start().unwrap();
        let mut raw = RawConnection::open(&server);
        for (method, path) in [
            ("GET", "/flags/br/metadata.json"),
            ("HEAD", PATH),
            ("GET", "/flags/"),
            ("GET", "/"),
            ("GET", "/flags/index.json"),
            ("POST", "/nowhere"),
        ] {
            let asked = raw.request(method, path, "Flagpole-Fault: 503\r\n");
            assert_eq!(asked.status, 503, "{method} {path}");
        }
        let fields = "Flagpole-Fault: 503\r\nFlagpole-Latency: x\r\n";
        assert_eq!(raw.request("GET", ServerIdentity::PATH, fields).status, 200);
    }
}

#[test]
fn an_asked_fault_is_the_same_on_the_wire() {
    let server = teapot().start().unwrap();
    let received = |fault: &str| {
        let mut raw = RawConnection::open(&server);
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\nFlagpole-Fault: {fault}\r\n\r\n"
        ));
        read_all(&mut raw)
    };
    let reset = received("reset:700");
    assert_eq!(
        (&*reset.body, reset.error),
        (&body()[..700], Some(ErrorKind::ConnectionReset))
    );
    let cut = received("cut:700");
    assert_eq!((&*cut.body, cut.error), (&body()[..700], None));
    let stale = received("stale");
    assert_eq!((stale.body, stale.error), (body(), None));
    for fault in ["hang:700,for=5ms", "trickle:1000000"] {
        let response = ask(&server, &format!("Flagpole-Fault: {fault}\r\n"), "");
        let timing = &response.headers["server-timing"];
        assert!(
            timing.contains(&format!("fault;desc=\"{fault}\"")),
            "{timing}"
        );
        assert_eq!(response.body, body());
    }
}

#[test]
fn an_asked_fault_that_hangs_ends_with_its_connection() {
    let server = teapot().start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!(
        "GET {PATH}?flagpole=fault:hang:700 HTTP/1.1\r\nHost: x\r\n\r\n"
    ));
    raw.head();
    raw.0.read_exact(&mut [0; 700]).unwrap();
    assert_eq!(server.ledger().in_progress(), 1);
    raw.reset();
    wait_until(|| server.ledger().in_progress() == 0);
}

/// The statuses of a request and of the redirects that it leads to, all with the same fields.
fn follow(server: &BlockingServer, fields: &str, query: &str) -> Vec<u16> {
    let (mut raw, mut path) = (RawConnection::open(server), format!("{PATH}{query}"));
    let mut statuses = Vec::new();
    loop {
        let response = raw.request("GET", &path, fields);
        statuses.push(response.status);
        match response.headers.get("location") {
            Some(location) if statuses.len() < 10 => path.clone_from(location),
            _ => return statuses,
        }
    }
}

#[test]
fn an_asked_chain_of_redirects_ends_at_the_resource() {
    let server = teapot().journal_capacity(100).start().unwrap();
    let chain = [302, 302, 200];
    assert_eq!(follow(&server, "Flagpole-Fault: redirect:2\r\n", ""), chain);
    assert_eq!(follow(&server, "", "?a=b&flagpole=fault:redirect:2"), chain);
    // A client may drop the field when it follows.
    let mut raw = RawConnection::open(&server);
    let first = raw.request("GET", PATH, "Flagpole-Fault: redirect:1\r\n");
    assert_eq!(raw.get(&first.headers["location"]).status, 200);
    drop(raw);
    let (_, requests) = finish(server);
    assert!(requests.iter().all(|(entry, _)| &*entry.rule == "asked"));
    let numbers: Vec<_> = (requests.iter())
        .map(|(entry, _)| entry.request_number)
        .collect();
    assert_eq!(numbers, [1, 1, 1, 2, 2, 2, 3, 3].map(Some));
}

#[test]
fn a_chain_continues_when_the_configuration_is_replaced() {
    let redirect = BlockingServer::builder().fault("redirect:2".parse().unwrap());
    let server = redirect.journal_capacity(100).start().unwrap();
    let mut raw = RawConnection::open(&server);
    let first = raw.get(PATH);
    let teapot = teapot_listener();
    server.control().set_listener(teapot, 8).unwrap();
    let second = raw.get(&first.headers["location"]);
    assert_eq!(raw.get(&second.headers["location"]).status, 200);
    assert_eq!([second.status, raw.get(PATH).status], [302, TEAPOT]);
}

fn teapot_listener() -> Listener {
    let mut listener = Listener::default();
    listener.faults.push("418".parse().unwrap());
    listener
}

#[test]
fn an_asked_fate_uses_a_number_and_the_journal_says_asked() {
    let server = teapot().journal_capacity(100).start().unwrap();
    for fields in ["", "Flagpole-Fault: 503\r\n", "Flagpole-Latency: 0\r\n", ""] {
        ask(&server, fields, "");
    }
    let (_, requests) = finish(server);
    let lines = requests.iter().map(|(entry, _)| {
        let fault = entry.fault.as_deref();
        (entry.request_number.unwrap(), &*entry.rule, fault)
    });
    let expected = [
        (1, "listener", Some("418")),
        (2, "asked", Some("503")),
        (3, "asked", None),
        (4, "listener", Some("418")),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn a_request_that_cannot_be_read_gets_a_sentence_and_uses_no_number() {
    let server = teapot().journal_capacity(100).start().unwrap();
    for (fields, query, sentence) in [
        (
            "Flagpole-Latency: soon\r\n",
            "",
            "flagpole-latency: expected a duration such as `50ms` or `1.5s`, got `soon`\n",
        ),
        (
            "Flagpole-Fault: 503,body-file=/etc/passwd\r\n",
            "",
            "flagpole-fault: a request cannot name a file of the server, got `503,body-file=/etc/passwd`\n",
        ),
        (
            "",
            "?flagpole=503",
            "?flagpole: expected `latency:` or `fault:`, got `503`; did you mean `fault:503`?\n",
        ),
        (
            "Flagpole-Faults: 503\r\n",
            "",
            "unknown field `flagpole-faults`; did you mean `flagpole-fault`?\n",
        ),
    ] {
        let response = ask(&server, fields, query);
        let text = String::from_utf8(response.body).unwrap();
        assert_eq!((response.status, &*text), (400, sentence));
    }
    ask(&server, "", "");
    let (_, requests) = finish(server);
    let numbers: Vec<_> = (requests.iter())
        .map(|(entry, _)| entry.request_number)
        .collect();
    assert_eq!(numbers, [None, None, None, None, Some(1)]);
}

#[test]
fn limits_apply_to_requests_that_ask() {
    let server = teapot().rate_limit("1/m".parse().unwrap()).start().unwrap();
    let statuses = [(); 2].map(|()| ask(&server, "Flagpole-Fault: none\r\n", "").status);
    assert_eq!(statuses, [200, 429]);
}

#[test]
fn a_probability_gives_the_same_fates_on_every_server() {
    let statuses = || {
        let server = teapot().start().unwrap();
        let ask = |_| ask(&server, "Flagpole-Fault: 503@50%\r\n", "").status;
        (0..40).map(ask).collect::<Vec<_>>()
    };
    let first = statuses();
    assert!(first.contains(&200) && first.contains(&503));
    assert_eq!(first, statuses());
}

#[test]
fn any_other_query_changes_neither_key_nor_fate() {
    let fates = |query: &str| {
        let faults = ["503@30%", "404@30%"].map(|fault| fault.parse().unwrap());
        let builder = faults
            .into_iter()
            .fold(BlockingServer::builder().seed(7), ServerBuilder::fault);
        let server = builder.start().unwrap();
        // Every other request has the query: they are counted together.
        let ask = |number| ask(&server, "", if number % 2 == 0 { query } else { "" }).status;
        (0..40).map(ask).collect::<Vec<_>>()
    };
    let plain = fates("");
    for query in [
        "?",
        "?x=1",
        "?flagpole",
        "?Flagpole=fault:500",
        "?flagpoles=fault:500",
        "?a=flagpole=fault:500",
        "?%66lagpole=fault:500",
    ] {
        assert_eq!(fates(query), plain, "{query}");
    }
}

#[test]
fn a_server_can_ignore_what_requests_ask_for() {
    let server = teapot().request_faults(false).start().unwrap();
    for fields in ["Flagpole-Fault: 503\r\n", "Flagpole-Latency: soon\r\n"] {
        assert_eq!(ask(&server, fields, "?flagpole=fault:503").status, TEAPOT);
    }
    server.control().set_listener(teapot_listener(), 8).unwrap();
    assert_eq!(ask(&server, "Flagpole-Fault: 503\r\n", "").status, TEAPOT);
    for (server, expected) in [(server, false), (teapot().start().unwrap(), true)] {
        let identity = RawConnection::open(&server).get(ServerIdentity::PATH).body;
        let identity: ServerIdentity = serde_json::from_slice(&identity).unwrap();
        assert_eq!(identity.request_faults, expected);
    }
}
