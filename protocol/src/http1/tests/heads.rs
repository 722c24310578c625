//! Heads (RFC 9112 sections 2 to 5).

use super::{Recorder, decode, decode_pieces, response};
use crate::http1::{DecodeError, ResponseDecoder, ResponseLimits};

fn fields(input: &str) -> Vec<(String, String)> {
    let decoded = decode(input);
    assert_eq!(decoded.result, Ok(()), "{input:?}");
    let text = |(name, value): (String, Vec<u8>)| (name, String::from_utf8(value).unwrap());
    decoded.events.fields.into_iter().map(text).collect()
}

fn malformed(input: &str) -> String {
    match decode(input).result {
        Err(DecodeError::Malformed(reason)) => reason,
        other => panic!("{input:?}: {other:?}"),
    }
}

#[test]
fn fields_arrive_in_order_without_surrounding_whitespace() {
    let input = response("Server:  x y\t \r\nServer: z\r\nEmpty:\r\n", "");
    let expected = [("Server", "x y"), ("Server", "z"), ("Empty", "")];
    assert_eq!(
        fields(&input),
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

#[test]
fn folded_lines_are_joined_by_spaces() {
    for (folded, expected) in [
        ("a\r\n b", "a  b"),
        ("a \r\n\t b", "a  \t b"),
        ("\r\n a", "a"),
        ("a\n b\n c", "a  b  c"),
        ("a\r\n ", "a"),
        ("a\r\n \r\n b", "a    b"),
    ] {
        let input = response(&format!("X: {folded}\r\nContent-Length: 0\r\n"), "");
        assert_eq!(fields(&input)[0].1, expected, "{folded:?}");
    }
}

#[test]
fn lines_may_end_with_a_bare_lf() {
    let decoded = decode("HTTP/1.1 404 No\nContent-Length: 2\n\nab");
    assert_eq!(decoded.result, Ok(()));
    assert_eq!(decoded.events.content, b"ab");
}

#[test]
fn reason_phrase_is_optional_and_may_have_any_text() {
    for line in ["HTTP/1.1 299", "HTTP/1.1 299 ", "HTTP/1.1 299 \u{e9} \t!"] {
        let decoded = decode(format!("{line}\r\n\r\n"));
        assert_eq!(
            (decoded.events.status, decoded.result),
            (Some(299), Ok(())),
            "{line}"
        );
    }
}

#[test]
fn later_minor_versions_are_compatible_with_1_1() {
    let decoded = decode("HTTP/1.9 200 OK\r\nContent-Length: 0\r\nX: y\r\n\r\n");
    assert_eq!((decoded.result, decoded.keeps_alive), (Ok(()), true));
    assert_eq!(decoded.events.fields[1].0, "X");
}

#[test]
fn malformed_heads_are_refused() {
    for head in [
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1  200 OK\r\n",
        "HTTP/1.1 +20 OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 200 O\0K\r\n",
        "HTTP/1.1 200 OK\r\n X: y\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n",
        "HTTP/1.1 200 OK\r\n: y\r\n",
        "HTTP/1.1 200 OK\r\nX\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n",
        "HTTP/1.1 200 OK\r\nX: a\0b\r\n",
        "HTTP/1.1 200 OK\r\nX\u{e9}: a\r\n",
        "HTTP/2.0 200 OK\r\n",
        "HTTP/1.x 200 OK\r\n",
        "\r\nHTTP/1.1 200 OK\r\n",
        "<html>\r\n",
    ] {
        malformed(&format!("{head}\r\n"));
    }
}

#[test]
fn another_protocol_is_refused_at_its_first_bytes() {
    let reason = malformed("SSH-2.0-OpenSSH_9.2p1 Debian-2");
    assert_eq!(
        reason,
        "expected a status line that begins with HTTP/1, found \"SSH-2.0-OpenSSH_\""
    );
    malformed("h");
    malformed("HTTP/2");
}

#[test]
fn interim_responses_are_skipped_and_counted() {
    let input = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\nContent-Length: x\r\n\r\n\
                 HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    let decoded = decode(input);
    assert_eq!((decoded.result, decoded.interim), (Ok(()), 2));
    assert_eq!(decoded.events.fields.len(), 1);
    assert!(malformed("HTTP/1.1 101 Switching Protocols\r\n\r\n").contains("101"));
}

#[test]
fn pending_bytes_are_the_beginning_of_a_final_response_unless_their_status_begins_with_1() {
    let decoder = ResponseDecoder::new(ResponseLimits::default());
    for (pending, expected) in [
        ("", false),
        ("HTTP/1.1", true),
        ("HTTP/1.1 ", true),
        ("HTTP/1.1 1", false),
        ("HTTP/1.1 103 Early Hints\r\nLink:", false),
        ("HTTP/1.1 2", true),
        ("HTTP/1.0 404 Not", true),
    ] {
        assert_eq!(
            decoder.may_be_final(pending.as_bytes()),
            expected,
            "{pending}"
        );
    }
}

#[test]
fn next_response_of_the_connection_begins_after_the_first() {
    let first = response("Content-Length: 1\r\n", "a");
    let input = format!("{first}HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\nx");
    let mut decoder = ResponseDecoder::new(ResponseLimits::default());
    let consumed = decoder
        .decode(input.as_bytes(), &mut Recorder::default())
        .unwrap();
    assert!(consumed == first.len() && decoder.keeps_alive());
    decoder.begin(false);
    assert!(!decoder.is_complete() && !decoder.has_head());
    let mut second = Recorder::default();
    let rest = &input.as_bytes()[consumed..];
    assert_eq!(decoder.decode(rest, &mut second), Ok(rest.len() - 1));
    assert_eq!((second.status, decoder.keeps_alive()), (Some(204), false));
}

#[test]
fn head_without_its_end_is_incomplete() {
    let decoded = decode_pieces(
        ResponseLimits::default(),
        false,
        &[b"HTTP/1.1 200", b" OK\r\nX: y\r\n"],
    );
    assert_eq!(decoded.result, Err(DecodeError::Incomplete));
    assert_eq!(decode("").result, Err(DecodeError::Incomplete));
}
