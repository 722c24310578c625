//! `redirect`: chains that end at the requested resource, use up one request number, and are no way around faults.

use super::{PATH, body, read_and_reuse};
use crate::raw_connection::{RawConnection, RawResponse, finish};
use flagpole_protocol::FateKey;
use flagpole_server::{BlockingServer, RequestEntry, Rule, RuleSet};

fn server(faults: &[&str]) -> BlockingServer {
    let mut builder = BlockingServer::builder().seed(7).journal_capacity(1000);
    for fault in faults {
        builder = builder.fault(fault.parse().unwrap());
    }
    builder.start().unwrap()
}

/// Follows redirects, at most `max`; returns the last response, and how many were followed.
fn follow(raw: &mut RawConnection, fields: &str, max: usize) -> (RawResponse, usize) {
    let mut response = raw.request("GET", PATH, fields);
    for followed in 0..max {
        if response.status != 302 {
            return (response, followed);
        }
        response = raw.request("GET", &response.headers["location"].clone(), fields);
    }
    (response, max)
}

/// The request number and the fault of each journal entry.
fn journal(server: BlockingServer) -> Vec<(u64, Option<String>)> {
    let (_, requests) = finish(server);
    let line = |request: &RequestEntry| {
        let fault = request.fault.as_deref().map(str::to_owned);
        (request.request_number.unwrap(), fault)
    };
    requests.iter().map(|(request, _)| line(request)).collect()
}

#[test]
fn chain_without_end_redirects_forever() {
    for received in read_and_reuse("redirect") {
        let location = format!("location: {PATH}?flagpole-hops=endless&flagpole-nth=");
        let head = received.head;
        assert!(
            head.starts_with("HTTP/1.1 302 Found\r\n") && head.contains(&location),
            "{head}"
        );
    }
    let server = server(&["redirect"]);
    let (last, _) = follow(&mut RawConnection::open(&server), "", 100);
    assert_eq!(last.status, 302);
    assert_eq!(journal(server), vec![(1, Some("redirect".to_owned())); 101]);
}

#[test]
fn chain_ends_at_the_resource_and_uses_up_one_request_number() {
    let server = server(&["redirect:3"]);
    for _ in 0..2 {
        let (flag, hops) = follow(&mut RawConnection::open(&server), "", 10);
        assert_eq!((flag.status, flag.body, hops), (200, body(), 3));
    }
    let chain = |number| {
        let redirect = (number, Some("redirect:3".to_owned()));
        [redirect.clone(), redirect.clone(), redirect, (number, None)]
    };
    assert_eq!(journal(server), [chain(1), chain(2)].concat());
}

#[test]
fn clients_meet_the_same_fates_whether_they_follow_redirects_or_not() {
    let faults = ["503@30%", "redirect:1@20%", "redirect:3@20%"];
    let statuses = |max| {
        let server = server(&faults);
        let mut raw = RawConnection::open(&server);
        let responses = (0..40).map(|_| follow(&mut raw, "", max));
        responses
            .map(|(response, _)| response.status)
            .collect::<Vec<_>>()
    };
    let (following, others) = (statuses(10), statuses(0));
    let faults = faults.map(|fault| fault.parse().unwrap());
    let rules = RuleSet::without_rules(7, "0".parse().unwrap(), faults.into()).unwrap();
    for (n, (followed, other)) in (1..).zip(following.into_iter().zip(others)) {
        let fate = rules.fate(&FateKey::from_path(PATH), n);
        let expected = match fate.fault.as_deref() {
            Some("503") => (503, 503),
            Some(_) => (200, 302),
            None => (200, 200),
        };
        assert_eq!((followed, other), expected, "n = {n}");
    }
}

#[test]
fn a_query_that_no_redirect_names_makes_no_difference() {
    let start = || server(&["500@50%", "redirect:3@30%"]);
    let (with, without) = (start(), start());
    let (mut raw, mut plain) = (RawConnection::open(&with), RawConnection::open(&without));
    for n in 1..=30 {
        let expected = plain.get(PATH);
        for hops in ["0", "1", "3", "endless"] {
            let path = format!("{PATH}?flagpole-hops={hops}&flagpole-nth={}", n + 1);
            let response = raw.request("GET", &path, &format!("Flagpole-Nth: {n}\r\n"));
            assert_eq!(response.status, expected.status, "{path}");
        }
    }
    let number_31 = plain.get(PATH).status;
    let path = format!("{PATH}?flagpole-hops=0&flagpole-nth=1");
    (1..=30).for_each(|_| drop(raw.get(&path)));
    assert_eq!(raw.get(&path).status, number_31, "each was counted");
}

#[test]
fn a_redirect_is_followed_once() {
    let server = server(&["redirect:1"]);
    let mut raw = RawConnection::open(&server);
    let location = raw.get(PATH).headers["location"].clone();
    assert_eq!([(); 3].map(|()| raw.get(&location).status), [200, 302, 302]);
    let numbers: Vec<_> = journal(server).into_iter().map(|(n, _)| n).collect();
    assert_eq!(numbers, [1, 1, 2, 3]);
}

#[test]
fn a_chain_belongs_to_its_run() {
    let server = server(&["redirect:1"]);
    let mut raw = RawConnection::open(&server);
    let location = raw.request("GET", PATH, "Flagpole-Run: a\r\n").headers["location"].clone();
    assert_eq!(raw.get(&location).status, 302);
    assert_eq!(
        raw.request("GET", &location, "Flagpole-Run: a\r\n").status,
        200
    );
}

#[test]
fn a_number_that_the_client_gives_stays() {
    let server = server(&["redirect:2"]);
    let (mut raw, mut path) = (RawConnection::open(&server), PATH.to_owned());
    for (number, status) in [(41, 302), (42, 302), (43, 200)] {
        let response = raw.request("GET", &path, &format!("Flagpole-Nth: {number}\r\n"));
        assert_eq!(response.status, status);
        path = response
            .headers
            .get("location")
            .cloned()
            .unwrap_or_default();
    }
    let numbers: Vec<_> = journal(server).into_iter().map(|(n, _)| n).collect();
    assert_eq!(numbers, [41, 42, 43]);
}

#[test]
fn a_chain_keeps_the_rule_and_the_delay_of_its_first_request() {
    let first = Rule::default().first(1).latency("3ms".parse().unwrap());
    let first = first
        .name("first")
        .fault("redirect:2".parse().unwrap())
        .method(http::Method::GET);
    let server = BlockingServer::builder()
        .rule(first)
        .journal_capacity(10)
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    let (mut path, mut statuses) = (PATH.to_owned(), Vec::new());
    for method in ["GET", "GET", "HEAD", "GET"] {
        let response = raw.request(method, &path, "");
        path = response
            .headers
            .get("location")
            .cloned()
            .unwrap_or_else(|| PATH.to_owned());
        statuses.push(response.status);
    }
    assert_eq!(statuses, [302, 302, 200, 200]);
    let (_, requests) = finish(server);
    let lines: Vec<_> = (requests.iter())
        .map(|(request, _)| (&*request.rule, request.planned.as_millis()))
        .collect();
    assert_eq!(
        lines,
        [("first", 3), ("first", 3), ("first", 3), ("listener", 0)]
    );
}
