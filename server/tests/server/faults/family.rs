//! The whole family, by bytes and errno: on a fresh and on a reused connection, for a peer that has closed its sending
//! side, and while the body of a request arrives.

mod exchange;

use exchange::{Situation, check};
use flagpole_server::fate::fault::FAMILY;
use std::collections::BTreeSet;

/// What is received of a response. By default it has the status 200, its length, the whole body, and leaves the
/// connection open.
struct Row {
    fault: &'static str,
    /// The start of each head, interim responses first; [`OK`] stands for the status without a fault.
    heads: &'static [&'static str],
    /// The fields that mark the end of a body of this length.
    framing: fn(usize) -> Vec<String>,
    /// The bytes after the heads, of this representation.
    body: fn(&[u8]) -> Vec<u8>,
    flipped_bits: u32,
    end: End,
    end_after_large_body: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The connection serves another request.
    Open,
    /// The body has no end.
    Endless,
    Fin,
    FinAtNextRequest,
    Reset,
    Silence,
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n";

impl Row {
    const fn new(fault: &'static str) -> Row {
        Row {
            fault,
            heads: &[OK],
            framing: |length| vec![format!("content-length: {length}")],
            body: <[u8]>::to_vec,
            flipped_bits: 0,
            end: End::Open,
            end_after_large_body: None,
        }
    }

    /// A response that starts with these lines.
    const fn heads(self, heads: &'static [&'static str]) -> Row {
        Row { heads, ..self }
    }

    const fn framing(self, framing: fn(usize) -> Vec<String>) -> Row {
        Row { framing, ..self }
    }

    const fn body(self, body: fn(&[u8]) -> Vec<u8>) -> Row {
        Row { body, ..self }
    }

    const fn end(self, end: End) -> Row {
        Row { end, ..self }
    }

    /// A response without a body, by its status or because there is no head either.
    const fn bodiless(self, heads: &'static [&'static str]) -> Row {
        self.heads(heads).framing(|_| Vec::new()).body(nothing)
    }

    const fn chunked(self, body: fn(&[u8]) -> Vec<u8>) -> Row {
        let framing = |_| vec!["transfer-encoding: chunked".to_owned()];
        self.framing(framing).body(body)
    }
}

/// Each member in each form that has its own bytes or its own end.
const TABLE: &[Row] = &[
    Row::new("404")
        .heads(&["HTTP/1.1 404 Not Found\r\n"])
        .body(|_| b"404 Not Found\n".into()),
    Row::new("418,reason=Short,body=stout")
        .heads(&["HTTP/1.1 418 Short\r\n"])
        .body(|_| b"stout".into()),
    Row::new("204").bodiless(&["HTTP/1.1 204 No Content\r\n"]),
    Row::new("reset").bodiless(&[]).end(End::Reset),
    Row::new("reset:0").body(nothing).end(End::Reset),
    Row::new("reset:50%").body(half).end(End::Reset),
    Row::new("reset:100%").end(End::Reset),
    Row::new("cut:0").body(nothing).end(End::Fin),
    Row::new("cut:50%").body(half).end(End::Fin),
    Row::new("cut:100%").end(End::Fin),
    Row::new("empty").bodiless(&[]).end(End::Fin),
    Row::new("hang").bodiless(&[]).end(End::Silence),
    Row::new("hang:0").body(nothing).end(End::Silence),
    Row::new("hang:50%").body(half).end(End::Silence),
    Row::new("hang:100%").end(End::Silence),
    Row::new("hang:for=20ms"),
    Row::new("hang:50%,for=20ms"),
    Row::new("stall:for=20ms"),
    Row::new("stall:50%,for=20ms"),
    Row::new("trickle:1000000"),
    Row::new("dribble:5,20ms"),
    Row::new("slow-head:20ms"),
    Row {
        flipped_bits: 3,
        ..Row::new("corrupt:3")
    },
    Row::new("garbage")
        .bodiless(&[])
        .body(|_| b"\x00\x01\xfe\xff garbage \x80\x90\r\n\r\n".into())
        .end(End::Fin),
    Row::new("redirect:3")
        .heads(&["HTTP/1.1 302 Found\r\n"])
        .body(|_| b"302 Found\n".into()),
    Row::new("chunked").chunked(|body| chunks(body, 4096, "0\r\n\r\n")),
    Row::new("chunked:10").chunked(|body| chunks(body, 10, "0\r\n\r\n")),
    Row::new("chunked:trailer=X-Checksum:1")
        .chunked(|body| chunks(body, 4096, "0\r\nx-checksum: 1\r\n\r\n"))
        .framing(|_| {
            vec![
                "trailer: x-checksum".into(),
                "transfer-encoding: chunked".into(),
            ]
        }),
    Row::new("chunked:1048576,truncated")
        .chunked(truncated_chunk)
        .end(End::Fin),
    Row::new("chunked:unterminated")
        .chunked(|body| chunks(body, 4096, ""))
        .end(End::Fin),
    Row::new("chunked:1048576,malformed")
        .chunked(|body| chunks(body, 1 << 20, "zz\r\n"))
        .end(End::Fin),
    Row::new("chunked:endless")
        .chunked(|body| chunks(body, 4096, "").repeat(10))
        .end(End::Endless),
    Row::new("until-close")
        .framing(|_| Vec::new())
        .end(End::Fin),
    Row::new("until-close:50%")
        .framing(|_| Vec::new())
        .body(half)
        .end(End::Fin),
    Row::new("content-length:+10")
        .framing(|length| content_lengths(&[length + 10]))
        .end(End::Fin),
    Row::new("content-length:-10").framing(|length| content_lengths(&[length - 10])),
    Row::new("content-length:double").framing(|length| content_lengths(&[length, length + 1])),
    Row::new("interim:103").heads(&["HTTP/1.1 103 Early Hints\r\n", OK]),
    Row::new("interim:100,count=3").heads(&[CONTINUE, CONTINUE, CONTINUE, OK]),
    Row::new("stale").end(End::Fin),
    Row::new("stale:next").end(End::FinAtNextRequest),
    Row {
        end_after_large_body: Some(End::Fin),
        ..Row::new("early-response")
    },
    Row::new("slow-upload:100000000"),
];

fn nothing(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

fn half(body: &[u8]) -> Vec<u8> {
    body[..body.len() / 2].to_vec()
}

/// The body in chunks of a size, then the end.
fn chunks(body: &[u8], size: usize, end: &str) -> Vec<u8> {
    let chunk = |data: &[u8]| [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat();
    let mut chunks: Vec<u8> = body.chunks(size).flat_map(chunk).collect();
    chunks.extend_from_slice(end.as_bytes());
    chunks
}

/// One chunk, of whose data the second half is missing.
fn truncated_chunk(body: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", body.len()).as_bytes(), &half(body)].concat()
}

fn content_lengths(lengths: &[usize]) -> Vec<String> {
    lengths
        .iter()
        .map(|length| format!("content-length: {length}"))
        .collect()
}

#[test]
fn every_member_has_a_row() {
    let names: BTreeSet<_> = FAMILY.iter().map(|member| member.name).collect();
    let name = |row: &Row| match row.fault.split([':', ',']).next() {
        Some(code) if code.parse::<u16>().is_ok() => "status",
        name => name.unwrap_or_default(),
    };
    assert_eq!(
        TABLE.iter().map(name).collect::<BTreeSet<_>>(),
        names,
        "TABLE needs a row for each fault"
    );
}

fn check_all(situation: Situation) {
    for row in TABLE {
        check(row, situation);
    }
}

#[test]
fn fresh_connection_carries_what_the_table_says() {
    check_all(Situation::Fresh);
}

#[test]
fn reused_connection_carries_what_the_table_says() {
    check_all(Situation::Reused);
}

#[test]
fn half_closed_peer_gets_what_the_table_says() {
    check_all(Situation::HalfClosed);
}

#[test]
fn sender_of_a_large_body_gets_what_the_table_says() {
    check_all(Situation::LargeBody);
}
