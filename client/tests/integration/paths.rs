//! Downloads of paths of which nothing is known.

use crate::test_server::{OK, TestServer};
use flagpole_client::{Run, Target, Workload, strategy};
use flagpole_protocol::{AttemptRecord, Outcome};
use std::sync::Mutex;

/// A target with a prefix, which belongs to the site of flags alone.
fn target(server: &TestServer) -> Target {
    let url = format!("{}/static/flags", server.endpoint().target());
    url.parse().unwrap()
}

/// The attempts for these paths at concurrency 1 by a strategy, in their order.
fn run(server: &TestServer, name: &str, paths: &[&str]) -> Vec<AttemptRecord> {
    let (records, target) = (Mutex::new(Vec::new()), target(server));
    let collect = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
    let paths = paths.iter().map(|path| target.origin_form(path).unwrap());
    let (workload, endpoint) = (Workload::paths(paths), target.clone().resolve().unwrap());
    let run = Run::new(&workload, &endpoint).name("x").body_limit(100);
    strategy::by_name(name)
        .unwrap()
        .run(&run.on_record(&collect))
        .unwrap();
    records.into_inner().unwrap()
}

#[test]
fn path_is_requested_as_it_is_and_any_complete_success_is_accepted() {
    let body = |head: &str, body: &str| {
        format!(
            "HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let server = TestServer::responding(move |head| match head.split(' ').nth(1).unwrap() {
        "/text?q=1" => body("200 OK", "text"),
        "/none" => "HTTP/1.1 204 No Content\r\n\r\n".into(),
        "/coded" => body("200 OK\r\nContent-Encoding: gzip", "\u{1f}"),
        "/wrong" => {
            let digest = flagpole_protocol::ContentDigest::from_body(b"other");
            body(&format!("200 OK\r\nContent-Digest: {digest}"), "text")
        }
        "/moved" => body("302 Found\r\nLocation: text?q=1", ""),
        "/long" => body("200 OK", &"x".repeat(101)),
        "/flags/br/br.gif" => body("200 OK", "no GIF"),
        "/static/flags/br/br.gif" => OK.into(),
        _ => body("404 Not Found", ""),
    });
    let paths = [
        "/text?q=1",
        "/none",
        "/coded",
        "/wrong",
        "/moved",
        "/long",
        "/flags/br/br.gif",
        "/text?q=2",
    ];
    let outcomes = [
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Corrupt,
        Outcome::Redirected(302),
        Outcome::Ok,
        Outcome::TooLarge,
        Outcome::Ok,
        Outcome::NotFound,
    ];
    for strategy in strategy::ALL {
        let records = run(&server, strategy.name(), &paths);
        let ended: Vec<_> = records
            .iter()
            .map(|record| record.outcome.clone())
            .collect();
        assert_eq!(ended, outcomes, "{}", strategy.name());
        let names: Vec<_> = records
            .iter()
            .map(|record| record.resource.name())
            .collect();
        assert_eq!(names[0], "/text?q=1");
        // The server counts requests for a path together, whatever their query is.
        assert_eq!(records.last().unwrap().request_number, 2);
    }
}
