//! `Host`, and the forms of a request target that name the same resource.

use crate::raw_connection::{RawConnection, RawResponse, finish};
use flagpole_protocol::Cause;
use flagpole_server::BlockingServer;

const FLAG: &str = "/flags/br/br.gif";

fn request(server: &BlockingServer, start: &str, fields: &str) -> RawResponse {
    let mut raw = RawConnection::open(server);
    raw.send(&format!("{start}\r\n{fields}\r\n"));
    raw.response(true)
}

#[test]
fn request_without_a_valid_host_is_400_with_the_reason_and_is_not_counted_for_its_key() {
    let server = BlockingServer::builder()
        .fault("503@50%".parse().unwrap())
        .seed(7)
        .start()
        .unwrap();
    let bad = [
        (
            "HTTP/1.1",
            "",
            "host: expected one field in a request of HTTP/1.1, got none\n",
        ),
        (
            "HTTP/1.1",
            "Host: x\r\nHost: x\r\n",
            "host: expected one field, got several\n",
        ),
        (
            "HTTP/1.0",
            "Host: x\r\nHost: y\r\n",
            "host: expected one field, got several\n",
        ),
        (
            "HTTP/1.1",
            "Host: a b/c\r\n",
            "host: expected a host name or address with an optional port, got `a b/c`\n",
        ),
        (
            "HTTP/1.1",
            "Host:\r\n",
            "host: expected a host name or address with an optional port, got ``\n",
        ),
    ];
    for (version, fields, reason) in bad {
        for path in [FLAG, "/.well-known/flagpole"] {
            let response = request(&server, &format!("GET {path} {version}"), fields);
            assert_eq!(
                (response.status, response.body),
                (400, reason.into()),
                "{fields}"
            );
        }
    }
    let ledger = server.take_ledger();
    assert_eq!(ledger.by_cause, [(Cause::BadRequest, 10)].into());
    // The first request that is counted is number 1.
    let first = request(&server, &format!("GET {FLAG} HTTP/1.0"), "").status;
    let expected = request(
        &server,
        &format!("GET {FLAG} HTTP/1.1"),
        "Host: x\r\nFlagpole-Nth: 1\r\n",
    )
    .status;
    assert_eq!(first, expected);
}

#[test]
fn http_1_0_is_answered_without_a_host() {
    let server = BlockingServer::builder().start().unwrap();
    assert_eq!(
        request(&server, &format!("GET {FLAG} HTTP/1.0"), "").status,
        200
    );
}

#[test]
fn equivalent_targets_name_the_same_page_and_redirect() {
    let server = BlockingServer::builder().start().unwrap();
    for (target, status) in [
        ("/flags", 308),
        ("/%66lag%73", 308),
        ("//flags", 308),
        ("/./", 308),
        ("/x/..", 308),
        ("/flags/br/..", 200),
        ("/flags/index%2ejson", 200),
        ("http://x//%66lags/?q=1", 200),
        ("http://x", 308),
        ("*", 404),
    ] {
        let response = request(&server, &format!("GET {target} HTTP/1.1"), "Host: x\r\n");
        assert_eq!(response.status, status, "{target}");
    }
}

#[test]
fn equivalent_targets_count_as_one_resource() {
    let server = BlockingServer::builder()
        .journal_capacity(10)
        .start()
        .unwrap();
    for target in [
        FLAG,
        "/flags/b%72/br.gif",
        "//flags/./br/br.gif",
        "http://x/flags/%62r/../br/br.gif",
    ] {
        assert_eq!(
            request(&server, &format!("GET {target} HTTP/1.1"), "Host: x\r\n").status,
            200
        );
    }
    // A request is recorded after its response has been written; the end of the server waits for that.
    let (_, requests) = finish(server);
    let numbers = requests.iter().map(|(request, _)| request.request_number);
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4)]);
}
