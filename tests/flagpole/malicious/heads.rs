//! Malicious heads: endless, slow, early, or invalid.

use super::server::{Behavior, MaliciousServer, honest_response};
use super::{LONG_TIMEOUT, MaliciousCase, assert_all, case, download_two, head, original_body};
use crate::combos::{Combo, codes, with_every_combo};
use flagpole_client::{Run, Workload};

#[test]
fn endless_head_is_refused() {
    let status_line = || b"HTTP/1.1 200 OK\r\n".to_vec();
    assert_all(&[
        case(
            "endless lines",
            Behavior::Flood(status_line(), b"X: y\r\n".repeat(100)),
            &["too_large", "protocol_error"],
        ),
        case(
            "an endless line",
            Behavior::Flood([&status_line()[..], b"X: "].concat(), vec![b'x'; 1024]),
            &["too_large"],
        ),
        case(
            "an endless reason",
            Behavior::Flood(b"HTTP/1.1 200 ".to_vec(), vec![b'x'; 1024]),
            &["too_large", "protocol_error"],
        ),
        case(
            "slow lines",
            Behavior::Drip(status_line(), b"X: y\r\n".to_vec()),
            &["timeout"],
        ),
        case(
            "a slow line",
            Behavior::Drip(status_line(), b"x".to_vec()),
            &["timeout"],
        ),
    ]);
}

#[test]
fn invalid_head_is_a_protocol_error() {
    let reply = |text: &str| Behavior::ReplyAndClose(text.as_bytes().to_vec());
    assert_all(&[
        case(
            "HTTP/0.9",
            reply("<html>hello</html>\n"),
            &["protocol_error"],
        ),
        case(
            "another protocol",
            reply("SSH-2.0-OpenSSH_9.9\r\n"),
            &["protocol_error"],
        ),
        case(
            "an unknown version",
            reply("HTTP/9.9 200 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "HTTP/2",
            reply("HTTP/2.0 200 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a status too small",
            reply("HTTP/1.1 099 x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a status too large",
            reply("HTTP/1.1 2000 x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no status",
            reply("HTTP/1.1 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no name",
            reply("HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no colon",
            reply("HTTP/1.1 200 OK\r\nx\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a NUL",
            reply("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"),
            &["protocol_error"],
        ),
        case("nothing", reply(""), &["empty_reply"]),
    ]);
}

const INTERIM: [&str; 2] = [
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
];

#[test]
fn interim_responses_are_skipped() {
    let before = |interim: &str| MaliciousCase {
        saved: Some(original_body()),
        ..case(
            "a correct response after interim ones",
            Behavior::Reply([interim.as_bytes(), &honest_response(&original_body())].concat()),
            &["ok"],
        )
    };
    assert_all(&[
        before("HTTP/1.1 100 Continue\r\n\r\n"),
        before("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        before(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(5)),
    ]);
}

#[test]
fn slow_endless_interim_responses_time_out() {
    let slow = |interim: &str| Behavior::Drip(Vec::new(), interim.into());
    assert_all(&INTERIM.map(|interim| case("slow", slow(interim), &["timeout"])));
}

/// As fast as possible and without a timeout that could end it. One combo after the other, because
/// a flood uses a whole core.
#[test]
fn flood_of_interim_responses_is_a_protocol_error() {
    let is_representative =
        |combo: &Combo| ["sequential", "async"].contains(&combo.strategy.name());
    let representatives = Combo::all().into_iter().filter(is_representative);
    for (number, combo) in representatives.enumerate() {
        let interim = INTERIM[number % 2].repeat(100).into_bytes();
        let server =
            MaliciousServer::for_path("/flags/br/br.gif", Behavior::Flood(Vec::new(), interim));
        let (workload, endpoint) = (Workload::flags(codes("BR")), server.endpoint());
        let run = combo.measure(Run::new(&workload, &endpoint).timeout(LONG_TIMEOUT));
        let label = run.records[0].outcome.label();
        assert_eq!(label, "protocol_error", "{}", combo.name());
    }
}

#[test]
fn unrequested_protocol_switch_is_not_a_flag() {
    let switch = head(
        "101 Switching Protocols",
        "Connection: upgrade\r\nUpgrade: x\r\n",
    );
    let cases = [
        Behavior::ReplyAndHang(switch.clone()),
        Behavior::Reply([switch, honest_response(&original_body())].concat()),
    ];
    let labels = &[
        "http_101",
        "protocol_error",
        "timeout",
        "too_large",
        "incomplete_body",
    ];
    assert_all(&cases.map(|behavior| case("a switch", behavior, labels)));
}

#[test]
fn unsolicited_bytes_close_only_that_connection() {
    let length = original_body().len();
    let head = head(
        "200 OK",
        &format!("Content-Length: {length}\r\nConnection: close\r\n"),
    );
    for (name, behavior, labels) in [
        // The client may take it for the response if it arrives after the request; the body is the
        // right one.
        (
            "a response before the request",
            Behavior::ReplyAndClose([head, original_body()].concat()),
            &["ok", "protocol_error", "connection_reset"][..],
        ),
        (
            "garbage before the request",
            Behavior::ReplyAndClose(b"hello\r\n".to_vec()),
            &["protocol_error"],
        ),
        (
            "a close before the request",
            Behavior::ReplyAndClose(Vec::new()),
            &["empty_reply", "connection_reset"],
        ),
    ] {
        let case = MaliciousCase {
            saved: Some(original_body()),
            ..case(name, behavior, labels)
        };
        with_every_combo(|combo| {
            let server = MaliciousServer::before_request(case.behavior.clone());
            let (run, files) = download_two(combo, &server, Workload::flags, case.limits());
            case.assert_outcome(&combo.name(), &run, files);
        });
    }
}
