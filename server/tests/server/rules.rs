//! Rules, over sockets.

use crate::raw_connection::{RawConnection, finish};
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use std::time::Duration;

const FLAG: &str = "/flags/br/br.gif";

fn statuses(server: &BlockingServer, count: usize) -> Vec<u16> {
    let mut raw = RawConnection::open(server);
    (0..count).map(|_| raw.get(FLAG).status).collect()
}

#[test]
fn fail_twice_then_succeed() {
    let twice = Rule::default().first(2).fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(twice).start().unwrap();
    assert_eq!(statuses(&server, 4), [503, 503, 200, 200]);
}

#[test]
fn every_fifth_request_fails() {
    let fifth = Rule::default().every(5).fault("500".parse().unwrap());
    let server = BlockingServer::builder().rule(fifth).start().unwrap();
    let statuses = statuses(&server, 10);
    assert_eq!(statuses, [200, 200, 200, 200, 500, 200, 200, 200, 200, 500]);
}

#[test]
fn rule_applies_only_within_its_time_window() {
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    for (from, to, expected) in [(0, 1, 503), (1, 2, 200)] {
        let outage = Rule::default().between(hours(from), hours(to));
        let outage = outage.fault("503".parse().unwrap());
        let server = BlockingServer::builder().rule(outage).start().unwrap();
        assert_eq!(statuses(&server, 1), [expected]);
    }
}

#[test]
fn first_matching_rule_decides_everything() {
    let metadata = Rule::default().path("/flags/*/metadata.json".parse().unwrap());
    let second = Rule::default()
        .n("2".parse().unwrap())
        .fault("418".parse().unwrap());
    let server = BlockingServer::builder()
        .fault("500".parse().unwrap())
        .rule(metadata)
        .rule(second.clone().name("tea"))
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    let mut get = |path| raw.get(path).status;
    assert_eq!([get(FLAG), get(FLAG), get(FLAG)], [500, 418, 500]);
    // The listener does not apply where a rule without effect matches.
    assert_eq!(
        [get("/flags/br/metadata.json"), get("/nowhere")],
        [200, 500]
    );
    drop(raw);
    let (_, requests) = finish(server);
    let rules: Vec<_> = (requests.iter())
        .map(|(request, _)| request.rule.to_string())
        .collect();
    assert_eq!(
        rules,
        ["listener", "tea", "listener", "rule[0]", "listener"]
    );
}

#[test]
fn added_rule_does_not_change_the_listeners_fates() {
    let fates = |rules: Vec<Rule>| {
        let builder = BlockingServer::builder().fault("500@50%".parse().unwrap());
        let server = rules
            .into_iter()
            .fold(builder, flagpole_server::ServerBuilder::rule)
            .start()
            .unwrap();
        statuses(&server, 30)
    };
    let head = Rule::default()
        .method(http::Method::HEAD)
        .fault("503".parse().unwrap());
    assert_eq!(fates(vec![]), fates(vec![head]));
}

#[test]
fn equivalent_paths_and_both_methods_share_the_count_and_match_the_same_globs() {
    let third = Rule::default()
        .n("3".parse().unwrap())
        .path("/flags/br/*".parse().unwrap())
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(third).start().unwrap();
    let mut raw = RawConnection::open(&server);
    let statuses = [
        ("GET", FLAG),
        ("HEAD", "/flags/br/br.gif?x"),
        ("GET", "//flags/%62r/br.gif"),
        ("HEAD", "/flags/us/../br/br.gif"),
    ]
    .map(|(method, path)| raw.request(method, path, "").status);
    assert_eq!(statuses, [200, 200, 503, 200]);
    let statuses = [(); 4].map(|()| raw.get("/flags/br/x").status);
    assert_eq!(statuses, [404, 404, 503, 404], "another key");
}

#[test]
fn method_rule_matches_only_that_method() {
    let head = Rule::default()
        .method(http::Method::HEAD)
        .fault("503".parse().unwrap());
    let server = BlockingServer::builder().rule(head).start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get(FLAG).status, 200);
    assert_eq!(raw.request("HEAD", FLAG, "").status, 503);
}
