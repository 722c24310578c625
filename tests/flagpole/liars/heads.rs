//! Lies about heads: too long, too slow, too early, or none.

use super::liar::{Lie, Liar, whole};
use super::{BODY_LIMIT, Case, assert_all, case, download, head, truth};
use crate::ways::{Way, in_every_way};
use flagpole_client::Plan;

#[test]
fn a_head_without_an_end_is_refused() {
    let start = || b"HTTP/1.1 200 OK\r\n".to_vec();
    assert_all(&[
        case(
            "endless lines",
            Lie::Flood(start(), b"X: y\r\n".repeat(100)),
            &["too_large", "not_http"],
        ),
        case(
            "an endless line",
            Lie::Flood([&start()[..], b"X: "].concat(), vec![b'x'; 1024]),
            &["too_large"],
        ),
        case(
            "an endless reason",
            Lie::Flood(b"HTTP/1.1 200 ".to_vec(), vec![b'x'; 1024]),
            &["too_large", "not_http"],
        ),
        case("slow lines", Lie::Drip(start(), b"X: y\r\n".to_vec()), &["timeout"]),
        case("a slow line", Lie::Drip(start(), b"x".to_vec()), &["timeout"]),
    ]);
}

#[test]
fn what_is_no_head_is_no_http() {
    let said = |text: &str| Lie::End(text.as_bytes().to_vec());
    assert_all(&[
        case("HTTP/0.9", said("<html>hello</html>\n"), &["not_http"]),
        case("another protocol", said("SSH-2.0-OpenSSH_9.9\r\n"), &["not_http"]),
        case("an unknown version", said("HTTP/9.9 200 OK\r\n\r\n"), &["not_http"]),
        case("HTTP/2", said("HTTP/2.0 200 OK\r\n\r\n"), &["not_http"]),
        case("a status too small", said("HTTP/1.1 099 x\r\n\r\n"), &["not_http"]),
        case("a status too large", said("HTTP/1.1 2000 x\r\n\r\n"), &["not_http"]),
        case("no status", said("HTTP/1.1 OK\r\n\r\n"), &["not_http"]),
        case("no name", said("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), &["not_http"]),
        case("no colon", said("HTTP/1.1 200 OK\r\nx\r\n\r\n"), &["not_http"]),
        case("a NUL", said("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"), &["not_http"]),
        case("nothing", said(""), &["empty"]),
    ]);
}

#[test]
fn some_answers_that_are_none_yet_do_no_harm() {
    let before = |interim: &str| {
        Case {
            saved: Some(truth()),
            ..case(
                "an honest answer behind interim ones",
                Lie::Say([interim.as_bytes(), &whole(&truth())].concat()),
                &["ok"],
            )
        }
    };
    assert_all(&[
        before("HTTP/1.1 100 Continue\r\n\r\n"),
        before("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        before(&"HTTP/1.1 102 Processing\r\n\r\n".repeat(5)),
    ]);
}

#[test]
fn answers_that_are_none_yet_come_to_an_end() {
    const LABELS: &[&str] = &["timeout", "not_http", "too_large"];
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".to_vec();
    let go_on = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
    assert_all(&[
        case("slow hints", Lie::Drip(Vec::new(), hints.clone()), LABELS),
        case("slow permissions", Lie::Drip(Vec::new(), go_on.clone()), LABELS),
    ]);
    // As fast as can be: one way after the other, for they leave nothing of a core.
    for way in Way::all() {
        for interim in [&hints, &go_on] {
            let lie = Lie::Flood(Vec::new(), interim.repeat(100));
            let liar = Liar::about("/flags/br/br.gif", lie.clone());
            let (run, files) = download(way, &liar, Plan::flags, BODY_LIMIT);
            case("a flood", lie, LABELS).assert_told(&way.name(), &run, files);
        }
    }
}

#[test]
fn a_switch_of_protocols_that_nobody_asked_for_is_no_flag() {
    let switch = head("101 Switching Protocols", "Connection: upgrade\r\nUpgrade: x\r\n");
    let cases = [Lie::Hang(switch.clone()), Lie::Say([switch, whole(&truth())].concat())];
    let labels = &["http_101", "not_http", "timeout", "too_large", "cut_short"];
    assert_all(&cases.map(|lie| case("a switch", lie, labels)));
}

#[test]
fn who_speaks_first_or_hangs_up_spoils_nothing_else() {
    let honest = || whole(&truth());
    for (name, lie, labels) in [
        // It may be taken for the answer, as it comes at the time when one could: it is a true one.
        ("an answer before the request", Lie::Hang(honest()), &["ok", "not_http", "timeout"][..]),
        ("nonsense before the request", Lie::End(b"hello\r\n".to_vec()), &["not_http"]),
        ("an end before the request", Lie::End(Vec::new()), &["empty", "reset"]),
    ] {
        let case = Case {
            saved: Some(truth()),
            ..case(name, lie, labels)
        };
        in_every_way(|way| {
            let liar = Liar::before_asked(case.lie.clone());
            let (run, files) = download(way, &liar, Plan::flags, BODY_LIMIT);
            case.assert_told(&way.name(), &run, files);
        });
    }
}
