//! Closed and open runs make the requests that were asked for.

use super::result;
use crate::harness::Sandbox;
use crate::servers::server_with;
use serde_json::Value;
use std::fs;

#[test]
fn closed_run_makes_exactly_the_requested_number() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let (_, document) = result(&Sandbox::new(), &format!("{url} -n 1000 -c 7"));
    assert_eq!(server.ledger().requests, 1000);
    assert_eq!(document["figures"]["succeeded"], 1000);
    assert_eq!(document["figures"]["connections"], 7);
}

#[test]
fn open_run_makes_each_arrival_and_counts_from_it() {
    // One connection, so that arrivals wait.
    let server = server_with("20ms", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let options = format!("{url} --rate 500/s -n 50 --max-in-flight 1 --grace 10s");
    let (_, document) = result(&Sandbox::new(), &options);
    assert_eq!(server.ledger().requests, 50);
    assert_eq!(document["figures"]["succeeded"], 50);
    // The last one arrives after 98 ms, and ends after 50 responses of 20 ms.
    let max = document["figures"]["response_time"]["max_us"]
        .as_u64()
        .unwrap();
    assert!(max >= 900_000, "{max}");
    let service = &document["figures"]["service_time"]["p50"]["us"];
    assert!(service.as_u64().unwrap() < max / 2, "{document}");
}

/// The last arrival is due before the window ends.
#[test]
fn rate_that_was_reached_is_the_rate_that_was_asked() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    for limit in ["-z 500ms", "-n 25"] {
        let (_, document) = result(&Sandbox::new(), &format!("{url} --rate 50/s {limit}"));
        let figures = &document["figures"];
        assert_eq!(figures["window_us"], 500_000, "{limit}");
        assert_eq!(figures["asked_per_s"], 50.0, "{limit}");
        assert_eq!(figures["requests"], 25, "{limit}");
        assert!(
            document["seconds"][0]["length_us"].as_u64().unwrap() >= 500_000,
            "{limit}"
        );
    }
}

#[test]
fn schedule_with_a_number_of_requests_ends_when_the_next_one_would_be_due() {
    // 50/s at most, so that the last response comes about 3 s after the end of the schedule.
    let options = "--latency 20ms --concurrency-limit 1 --queue 1000 --rate 200/s -n 200";
    let (_, document) = result(&Sandbox::new(), options);
    assert_eq!(document["figures"]["window_us"], 1_000_000);
    assert_eq!(document["figures"]["asked_per_s"], 200.0);
    let reasons = document["verdict"]["reasons"].as_array().unwrap().iter();
    let labels: Vec<_> = reasons.map(|reason| &reason["label"]).collect();
    assert!(
        labels
            .iter()
            .any(|label| *label == "server_slower_than_rate"),
        "{labels:?}"
    );
}

#[test]
fn window_of_a_schedule_has_the_time_without_arrivals_at_its_end() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    for (options, seconds) in [("--rate 1/s -z 1s", 1), ("--stages 1s:5/s,1s:0/s", 2)] {
        let (_, document) = result(&Sandbox::new(), &format!("{url} {options}"));
        let window = &document["figures"]["window_us"];
        assert_eq!(*window, seconds * 1_000_000, "{options}");
    }
}

#[test]
fn poisson_run_has_the_arrivals_of_its_schedule() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let options = format!("{url} --rate 400/s -z 1s --arrivals poisson --seed 7");
    let counts: Vec<_> = (0..2)
        .map(|_| result(&Sandbox::new(), &options).1["figures"]["requests"].clone())
        .collect();
    assert_eq!(
        counts[0], counts[1],
        "the same seed gives the same schedule"
    );
    assert!(
        counts[0].as_u64().unwrap().abs_diff(400) < 100,
        "{counts:?}"
    );
}

#[test]
fn message_is_that_of_the_options() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let (_, document) = result(&Sandbox::new(), &format!("{url} -n 3 -X HEAD -H X-Id:7"));
    assert_eq!(document["targets"][0], format!("HEAD {url}"));
    assert_eq!(document["figures"]["succeeded"], 3);
    assert_eq!(document["figures"]["bytes"], 0);
    let (_, document) = result(&Sandbox::new(), &format!("{url} -n 3 -d x"));
    assert_eq!(document["targets"][0], format!("POST {url}"));
}

#[test]
fn warm_up_is_in_no_figure() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let options = format!("{url} --rate 100/s --warm-up 500ms -z 500ms");
    let (_, document) = result(&Sandbox::new(), &options);
    assert_eq!(server.ledger().requests, 100);
    assert_eq!(document["figures"]["requests"], 50);
    assert_eq!(document["asked"]["warm_up_us"], 500_000);
}

#[test]
fn list_of_targets_is_requested_in_order() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = server.url();
    fs::write(
        sandbox.path("list"),
        format!("# two\n{url}/flags/br/br.gif\n\n{url}/nothing\n"),
    )
    .unwrap();
    let (_, document) = result(&sandbox, "--urls list -n 10 -c 1");
    let outcomes = document["figures"]["outcomes"].as_array().unwrap();
    let count = |name: &str| {
        let found = outcomes.iter().find(|one| one["outcome"] == name);
        found.map_or(Value::Null, |one| one["count"].clone())
    };
    assert_eq!(
        (count("ok"), count("not_found")),
        (5.into(), 5.into()),
        "{document}"
    );
}

#[test]
fn scenario_makes_its_steps_in_each_iteration() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let steps = "[[step]]\nurl = '/flags/br/metadata.json'\nextract = { name = { json = '/country' } }\n\
                 [[step]]\nurl = '/flags/br/br.gif?name={name}'\n";
    fs::write(sandbox.path("s.toml"), steps).unwrap();
    let line = format!(
        "{} --scenario s.toml -n 20 -c 3 --save mine.toml",
        server.url()
    );
    let (_, document) = result(&sandbox, &line);
    assert_eq!(server.ledger().requests, 40);
    assert_eq!(document["figures"]["succeeded"], 40);
    assert_eq!(document["iterations"]["completed"], 20);
    // The saved run needs no other file.
    fs::remove_file(sandbox.path("s.toml")).unwrap();
    result(&sandbox, "mine.toml");
    assert_eq!(server.ledger().requests, 80);
}

#[test]
fn paths_of_a_list_belong_to_the_url() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let json = "{\"url\": \"/nothing\", \"expect_status\": 404, \"body_file\": \"body\", \"method\": \"GET\"}";
    fs::write(sandbox.path("body"), "x").unwrap();
    fs::write(sandbox.path("list"), format!("/flags/br/br.gif\n{json}\n")).unwrap();
    let line = format!("{} --urls list -n 10 --save mine.toml", server.url());
    assert_eq!(result(&sandbox, &line).1["figures"]["succeeded"], 10);
    let saved = fs::read_to_string(sandbox.path("mine.toml")).unwrap();
    assert!(saved.contains("\"body\":\"x\""), "{saved}");
}

#[cfg(unix)]
#[test]
fn unix_socket_is_used_instead_of_the_host() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let sandbox = Sandbox::new();
    let listener = std::os::unix::net::UnixListener::bind(sandbox.path("socket")).unwrap();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for end in lines.map_while(Result::ok).filter(String::is_empty) {
            assert_eq!(end, "");
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                .unwrap();
        }
    };
    std::thread::spawn(serve);
    let line = "http://nowhere.invalid/ --unix-socket socket -n 20 -c 1 --expect-body hi";
    let (_, document) = result(&sandbox, line);
    assert_eq!(document["figures"]["succeeded"], 20);
}
