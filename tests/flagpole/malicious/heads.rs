//! Lies about heads: too long, too slow, too early, or none.

use super::server::{Behavior, MaliciousServer, whole};
use super::{MaliciousCase, NEVER, assert_all, case, download, head, truth};
use crate::combos::{Combo, codes, in_every_way};
use flagpole_client::{Run, Workload};
use std::time::Instant;

#[test]
fn a_head_without_an_end_is_refused() {
    let start = || b"HTTP/1.1 200 OK\r\n".to_vec();
    assert_all(&[
        case(
            "endless lines",
            Behavior::Flood(start(), b"X: y\r\n".repeat(100)),
            &["too_large", "protocol_error"],
        ),
        case(
            "an endless line",
            Behavior::Flood([&start()[..], b"X: "].concat(), vec![b'x'; 1024]),
            &["too_large"],
        ),
        case(
            "an endless reason",
            Behavior::Flood(b"HTTP/1.1 200 ".to_vec(), vec![b'x'; 1024]),
            &["too_large", "protocol_error"],
        ),
        case(
            "slow lines",
            Behavior::Drip(start(), b"X: y\r\n".to_vec()),
            &["timeout"],
        ),
        case(
            "a slow line",
            Behavior::Drip(start(), b"x".to_vec()),
            &["timeout"],
        ),
    ]);
}

#[test]
fn what_is_no_head_is_no_http() {
    let said = |text: &str| Behavior::End(text.as_bytes().to_vec());
    assert_all(&[
        case(
            "HTTP/0.9",
            said("<html>hello</html>\n"),
            &["protocol_error"],
        ),
        case(
            "another protocol",
            said("SSH-2.0-OpenSSH_9.9\r\n"),
            &["protocol_error"],
        ),
        case(
            "an unknown version",
            said("HTTP/9.9 200 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "HTTP/2",
            said("HTTP/2.0 200 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a status too small",
            said("HTTP/1.1 099 x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a status too large",
            said("HTTP/1.1 2000 x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no status",
            said("HTTP/1.1 OK\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no name",
            said("HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "no colon",
            said("HTTP/1.1 200 OK\r\nx\r\n\r\n"),
            &["protocol_error"],
        ),
        case(
            "a NUL",
            said("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"),
            &["protocol_error"],
        ),
        case("nothing", said(""), &["empty_reply"]),
    ]);
}

const INTERIM: [&str; 2] = [
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
];

#[test]
fn some_answers_that_are_none_yet_do_no_harm() {
    let before = |interim: &str| MaliciousCase {
        saved: Some(truth()),
        ..case(
            "an honest answer behind interim ones",
            Behavior::Say([interim.as_bytes(), &whole(&truth())].concat()),
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
fn answers_that_are_none_yet_come_to_an_end() {
    let slow = |interim: &str| Behavior::Drip(Vec::new(), interim.into());
    assert_all(&INTERIM.map(|interim| case("slow", slow(interim), &["timeout"])));
}

/// As fast as can be, and without a limit of time that could end it. One way after the other, for a flood
/// leaves nothing of a core.
#[test]
fn a_flood_of_answers_that_are_none_yet_is_too_large() {
    let is_kind = |way: &Combo| ["sequential", "async"].contains(&way.strategy.name());
    let kinds = Combo::all().into_iter().filter(is_kind);
    for (number, way) in kinds.enumerate() {
        let interim = INTERIM[number % 2].repeat(100).into_bytes();
        let liar = MaliciousServer::about("/flags/br/br.gif", Behavior::Flood(Vec::new(), interim));
        let (plan, endpoint) = (Workload::flags(codes("BR")), liar.endpoint());
        let start = Instant::now();
        let run = way.measure(Run::new(&plan, &endpoint).timeout(NEVER));
        assert!(start.elapsed() < NEVER, "{}", way.name());
        let label = run.records[0].outcome.label();
        assert_eq!(label, "too_large", "{}", way.name());
    }
}

#[test]
fn a_switch_of_protocols_that_nobody_asked_for_is_no_flag() {
    let switch = head(
        "101 Switching Protocols",
        "Connection: upgrade\r\nUpgrade: x\r\n",
    );
    let cases = [
        Behavior::Hang(switch.clone()),
        Behavior::Say([switch, whole(&truth())].concat()),
    ];
    let labels = &[
        "http_101",
        "protocol_error",
        "timeout",
        "too_large",
        "incomplete_body",
    ];
    assert_all(&cases.map(|lie| case("a switch", lie, labels)));
}

#[test]
fn who_speaks_first_or_hangs_up_spoils_nothing_else() {
    let length = truth().len();
    let last = head(
        "200 OK",
        &format!("Content-Length: {length}\r\nConnection: close\r\n"),
    );
    for (name, lie, labels) in [
        // It may be taken for the answer, as it comes at the time when one could: it is a true one.
        (
            "an answer before the request",
            Behavior::End([last, truth()].concat()),
            &["ok", "protocol_error", "connection_reset"][..],
        ),
        (
            "nonsense before the request",
            Behavior::End(b"hello\r\n".to_vec()),
            &["protocol_error"],
        ),
        (
            "an end before the request",
            Behavior::End(Vec::new()),
            &["empty_reply", "connection_reset"],
        ),
    ] {
        let case = MaliciousCase {
            saved: Some(truth()),
            ..case(name, lie, labels)
        };
        in_every_way(|way| {
            let liar = MaliciousServer::before_asked(case.lie.clone());
            let (run, files) = download(way, &liar, Workload::flags, case.limits());
            case.assert_told(&way.name(), &run, files);
        });
    }
}
