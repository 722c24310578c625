//! Every fault as a raw socket sees it, by bytes and errno: on a fresh connection, and on one that
//! has been used before.

use crate::raw::Raw;
use flagpole_fixtures::{Catalog, Code, Digest, Resource};
use flagpole_server::{Ledger, Server, fault};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

const PATH: &str = "/flags/br/br.gif";

fn body() -> Vec<u8> {
    let code: Code = "BR".parse().unwrap();
    Catalog::embedded()
        .get(Resource::Flag(code))
        .unwrap()
        .to_vec()
}

/// What a peer reads until the connection ends, and how it ends.
#[derive(Debug)]
struct Seen {
    head: String,
    body: Vec<u8>,
    /// The error of the last read; `None` for a FIN.
    error: Option<ErrorKind>,
}

fn read_all(raw: &mut Raw) -> Seen {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    let error = loop {
        match raw.0.read(&mut chunk) {
            Ok(0) => break None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => break Some(error.kind()),
        }
    };
    let head = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(0, |end| end + 4);
    let body = bytes.split_off(head);
    Seen {
        head: String::from_utf8_lossy(&bytes).into_owned(),
        body,
        error,
    }
}

/// Lets the fault strike on a fresh connection, then on one that has served an answer before; gives
/// what was seen of both, and the ledger. The fault strikes every other n or so; the same profile
/// tells beforehand which.
fn on_fresh_and_used(fault: &str, look: impl Fn(&mut Raw) -> Seen) -> ([Seen; 2], Ledger) {
    let server = Server::builder()
        .fault(format!("{fault}@50%").parse().unwrap())
        .seed(2)
        .entries(100);
    let server = server.start().unwrap();
    let probe = flagpole_server::Profile::new(
        2,
        "0".parse().unwrap(),
        vec![format!("{fault}@50%").parse().unwrap()],
    );
    let probe = probe.unwrap();
    let key = flagpole_server::Key::Resource(Resource::Flag("BR".parse().unwrap()));
    let nth = |struck: bool| {
        (0..1000)
            .find(|&n| probe.fate(key, n).fault.is_some() == struck)
            .unwrap()
    };
    let fields = |n: u64| format!("Flagpole-Nth: {n}\r\n");

    let ask = |raw: &mut Raw| {
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\n{}\r\n",
            fields(nth(true))
        ));
    };
    let mut fresh = Raw::to(&server);
    ask(&mut fresh);
    let seen_fresh = look(&mut fresh);
    let mut used = Raw::to(&server);
    assert_eq!(used.ask("GET", PATH, &fields(nth(false))).body, body());
    ask(&mut used);
    let seen_used = look(&mut used);
    drop((fresh, used));
    (
        [seen_fresh, seen_used],
        server.shutdown(Duration::from_secs(10)),
    )
}

fn until_the_end(fault: &str) -> [Seen; 2] {
    on_fresh_and_used(fault, read_all).0
}

/// The answer alone; the connection must live on and serve another.
fn and_lives_on(fault: &str) -> [Seen; 2] {
    let look = |raw: &mut Raw| {
        let head = raw.head();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        raw.0.read_exact(&mut body).unwrap();
        let next = raw.ask("GET", "/flags/us/us.gif", "Flagpole-Nth: 0\r\n");
        assert!(next.status >= 200, "the connection is of no more use");
        Seen {
            head,
            body,
            error: None,
        }
    };
    on_fresh_and_used(fault, look).0
}

#[test]
fn a_status_is_answered_in_place_of_the_flag() {
    for seen in and_lives_on("503,retry-after=2s,reason=Gone Fishing,body=sorry") {
        assert!(
            seen.head.starts_with("HTTP/1.1 503 Gone Fishing\r\n"),
            "{}",
            seen.head
        );
        assert!(seen.head.contains("retry-after: 2\r\n"), "{}", seen.head);
        assert_eq!(seen.body, b"sorry\n");
    }
}

#[test]
fn a_reset_comes_behind_the_bytes_that_were_promised() {
    for seen in until_the_end("reset:700") {
        assert!(
            seen.head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            seen.head
        );
        assert!(
            seen.head
                .contains(&format!("content-length: {}\r\n", body().len()))
        );
        assert_eq!(
            (seen.body.as_slice(), seen.error),
            (&body()[..700], Some(ErrorKind::ConnectionReset))
        );
    }
}

/// With a small receive buffer most of the bytes are still on the server's side when the answer has
/// ended; the reset must wait for them.
#[test]
fn a_reset_waits_for_a_peer_that_reads_late() {
    let server = Server::builder()
        .fault("reset:30000".parse().unwrap())
        .start()
        .unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&server.addr().into()).unwrap();
    let mut raw = Raw(socket.into());
    raw.send("GET /flags/bz/bz.gif HTTP/1.1\r\nHost: x\r\n\r\n");
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_millis(50) {
        std::thread::yield_now();
    }
    let seen = read_all(&mut raw);
    assert_eq!(
        (seen.body.len(), seen.error),
        (30_000, Some(ErrorKind::ConnectionReset))
    );
}

#[test]
fn a_reset_before_the_head_shows_nothing() {
    for seen in until_the_end("reset") {
        assert_eq!((seen.head.as_str(), seen.body.len()), ("", 0));
        assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
    }
}

#[test]
fn a_reset_past_the_end_comes_behind_the_whole_answer() {
    for fault in ["reset:100%", "reset:999999"] {
        for seen in until_the_end(fault) {
            assert_eq!(
                (seen.body, seen.error),
                (body(), Some(ErrorKind::ConnectionReset)),
                "{fault}"
            );
        }
    }
}

#[test]
fn a_cut_is_a_fin_short_of_the_length() {
    for (fault, length) in [
        ("cut:0", 0),
        ("cut:700", 700),
        ("cut:50%", body().len() / 2),
        ("cut:100%", body().len()),
    ] {
        for seen in until_the_end(fault) {
            assert!(
                seen.head
                    .contains(&format!("content-length: {}\r\n", body().len()))
            );
            assert_eq!(
                (seen.body.as_slice(), seen.error),
                (&body()[..length], None),
                "{fault}"
            );
        }
    }
}

#[test]
fn a_cut_is_no_reset_even_if_the_peer_still_sends() {
    let server = Server::builder()
        .fault("cut:700".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let seen = read_all(&mut raw);
    assert_eq!((seen.body.len(), seen.error), (700, None));
}

#[test]
fn an_empty_answer_is_a_fin_and_nothing_else() {
    for seen in until_the_end("empty") {
        assert_eq!(
            (seen.head.as_str(), seen.body.len(), seen.error),
            ("", 0, None)
        );
    }
}

#[test]
fn a_hang_is_silence_with_an_open_connection() {
    for (fault, expected) in [("hang", 0), ("hang:700", 700), ("hang:100%", body().len())] {
        let look = |raw: &mut Raw| {
            raw.0
                .set_read_timeout(Some(Duration::from_millis(200)))
                .unwrap();
            read_all(raw)
        };
        let (seen, ledger) = on_fresh_and_used(fault, look);
        for seen in seen {
            assert_eq!(seen.body.len(), expected, "{fault}");
            assert_eq!(seen.head.is_empty(), fault == "hang");
            // WouldBlock is what a read that waited long enough says.
            assert_eq!(seen.error, Some(ErrorKind::WouldBlock), "{fault}");
        }
        assert_eq!(ledger.requests, 3);
    }
}

#[test]
fn a_hang_for_a_time_goes_on_afterwards() {
    for fault in ["hang:for=30ms", "hang:700,for=30ms", "hang:100%,for=30ms"] {
        let start = Instant::now();
        for seen in and_lives_on(fault) {
            assert_eq!(seen.body, body(), "{fault}");
        }
        assert!(
            fault.contains("100%") || start.elapsed() >= Duration::from_millis(60),
            "{fault}"
        );
    }
}

#[test]
fn a_trickle_takes_as_long_as_its_rate_says_and_loses_nothing() {
    let start = Instant::now();
    for seen in and_lives_on("trickle:110590") {
        assert_eq!(seen.body, body());
    }
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_dribble_comes_in_slices() {
    let start = Instant::now();
    for seen in and_lives_on("dribble:5,40ms") {
        assert_eq!(seen.body, body());
    }
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[test]
fn a_slow_head_comes_byte_by_byte() {
    let look = |raw: &mut Raw| {
        let (mut reads, mut bytes) = (0, Vec::new());
        while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut chunk = [0; 4096];
            let count = raw.0.read(&mut chunk).unwrap();
            bytes.extend_from_slice(&chunk[..count]);
            reads += 1;
        }
        assert!(reads > 3, "the head came in {reads} pieces");
        Seen {
            head: String::new(),
            body: Vec::new(),
            error: None,
        }
    };
    on_fresh_and_used("slow-head:60ms", look);
    for seen in and_lives_on("slow-head:20ms") {
        assert_eq!(seen.body, body());
    }
}

#[test]
fn a_corrupt_body_has_the_digest_of_the_true_one() {
    for seen in and_lives_on("corrupt:3") {
        let digest = format!("content-digest: {}\r\n", Digest::of(&body()));
        assert!(seen.head.contains(&digest), "{}", seen.head);
        let differing = seen
            .body
            .iter()
            .zip(body())
            .map(|(a, b)| (a ^ b).count_ones());
        assert_eq!((seen.body.len(), differing.sum()), (body().len(), 3));
    }
}

#[test]
fn garbage_is_not_http_and_ends_with_a_fin() {
    for seen in until_the_end("garbage") {
        assert!(!seen.head.starts_with("HTTP"), "{}", seen.head);
        assert!(seen.head.contains("garbage") && seen.body.is_empty());
        assert_eq!(seen.error, None);
    }
}

#[test]
fn a_redirect_leads_back_for_ever_or_to_the_flag_in_the_end() {
    for seen in and_lives_on("redirect") {
        assert!(
            seen.head.starts_with("HTTP/1.1 302 Found\r\n"),
            "{}",
            seen.head
        );
        assert!(
            seen.head.contains(&format!("location: {PATH}\r\n")),
            "{}",
            seen.head
        );
    }
    let server = Server::builder()
        .fault("redirect:3".parse().unwrap())
        .start()
        .unwrap();
    let (mut raw, mut path, mut hops) = (Raw::to(&server), PATH.to_owned(), 0);
    let flag = loop {
        let reply = raw.get(&path);
        if reply.status == 200 {
            break reply;
        }
        path.clone_from(&reply.headers["location"]);
        hops += 1;
    };
    assert_eq!((hops, flag.body), (3, body()));
}

#[test]
fn an_answer_without_a_body_ends_behind_its_head() {
    for (fault, error) in [
        ("cut:700", None),
        ("reset:700", Some(ErrorKind::ConnectionReset)),
    ] {
        let server = Server::builder()
            .fault(fault.parse().unwrap())
            .start()
            .unwrap();
        let mut raw = Raw::to(&server);
        raw.send(&format!("HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let seen = read_all(&mut raw);
        assert!(seen.head.ends_with("\r\n\r\n"));
        assert_eq!((seen.body.len(), seen.error), (0, error), "{fault}");
    }
}

#[test]
fn nought_per_cent_of_any_fault_leaves_the_answers_as_they_are() {
    let without_date = |mut reply: crate::raw::Reply| {
        reply.headers.remove("date");
        (reply.status, reply.headers, reply.body)
    };
    let clean = Server::builder().start().unwrap();
    for member in fault::FAMILY {
        let never = format!("{}@0%", member.example);
        let server = Server::builder()
            .fault(never.parse().unwrap())
            .latency("0".parse().unwrap());
        let server = server.start().unwrap();
        for path in [
            PATH,
            "/flags/br/metadata.json",
            "/flags/index.json",
            "/nowhere",
        ] {
            let expected = without_date(Raw::to(&clean).get(path));
            assert_eq!(
                without_date(Raw::to(&server).get(path)),
                expected,
                "{never} {path}"
            );
        }
    }
}

#[test]
fn what_a_fault_ended_is_in_the_ledger() {
    for (fault, status, completed) in [
        ("reset:700", Some(200), false),
        ("reset", None, false),
        ("cut:100%", Some(200), true),
        ("empty", None, false),
        ("garbage", None, true),
        ("corrupt", Some(200), true),
    ] {
        let server = Server::builder()
            .fault(fault.parse().unwrap())
            .entries(10)
            .start()
            .unwrap();
        let mut raw = Raw::to(&server);
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ));
        read_all(&mut raw);
        drop(raw);
        let ledger = server.shutdown(Duration::from_secs(10));
        let entry = &ledger.entries[0];
        assert_eq!(
            (entry.status, entry.completed),
            (status, completed),
            "{fault}"
        );
        assert_eq!(
            (ledger.requests, ledger.connection_errors),
            (1, 0),
            "{fault}"
        );
    }
}
