//! Bodies without an end or with a wrong length.

use super::head_with_digest;
use crate::malicious::server::Behavior;
use crate::malicious::{MaliciousCase, assert_all, case, head, original_body};

/// The flag of Brazil under a head with these fields, followed by `after`.
fn flag_response(fields: &str, after: &[u8]) -> Vec<u8> {
    [&head_with_digest(fields)[..], &original_body(), after].concat()
}

/// An unsolicited response, which must not be taken for the next one.
fn forged() -> Vec<u8> {
    let body = b"GIF89a forged";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn chunked() -> Vec<u8> {
    head("200 OK", "Transfer-Encoding: chunked\r\n")
}

#[test]
fn endless_body_is_refused_at_the_limit() {
    let chunk = [b"400\r\n", &[b'x'; 1024][..], b"\r\n"].concat();
    assert_all(&[
        case(
            "endless chunks",
            Behavior::Flood(chunked(), chunk),
            &["too_large"],
        ),
        case(
            "endless, without a length",
            Behavior::Flood(head("200 OK", ""), vec![b'x'; 1024]),
            &["too_large"],
        ),
        case(
            "a correct length above the limit",
            Behavior::Flood(
                head("200 OK", "Content-Length: 60001\r\n"),
                vec![b'x'; 1024],
            ),
            &["too_large"],
        ),
        case(
            "endless chunk extensions",
            Behavior::Flood([&chunked()[..], b"5;"].concat(), vec![b'x'; 1024]),
            &["protocol_error", "too_large"],
        ),
        // Large writes: there is always input, which is not data, and the client must still check
        // the clock.
        case(
            "an endless chunk size",
            Behavior::Flood(chunked(), vec![b'0'; 1 << 20]),
            &["protocol_error", "too_large"],
        ),
        case(
            "endless space after a chunk size",
            Behavior::Flood([&chunked()[..], b"5"].concat(), vec![b' '; 1 << 20]),
            &["protocol_error", "too_large"],
        ),
        case(
            "endless trailers",
            Behavior::Flood([&chunked()[..], b"0\r\n"].concat(), b"X: y\r\n".repeat(100)),
            &["protocol_error", "too_large"],
        ),
        case(
            "an error whose body is endless",
            Behavior::Flood(head("500 Oops", ""), vec![b'x'; 1024]),
            &["http_500"],
        ),
    ]);
}

#[test]
fn dripping_body_ends_with_the_total_timeout() {
    assert_all(&[
        case(
            "one byte at a time",
            Behavior::Drip(head_with_digest("Content-Length: 11059\r\n"), b"x".to_vec()),
            &["timeout"],
        ),
        case(
            "without a length",
            Behavior::Drip(head_with_digest(""), b"x".to_vec()),
            &["timeout"],
        ),
        case(
            "in chunks",
            Behavior::Drip(
                head_with_digest("Transfer-Encoding: chunked\r\n"),
                b"1\r\nx\r\n".to_vec(),
            ),
            &["timeout"],
        ),
    ]);
}

#[test]
fn wrong_length_fails_only_its_own_response() {
    let length = original_body().len();
    let longer = format!("Content-Length: {}\r\n", length + 1);
    let shorter = format!("Content-Length: {}\r\n", length - 1);
    let right = format!("Content-Length: {length}\r\n");
    let followed_by = |after: &[u8]| MaliciousCase {
        saved: Some(original_body()),
        ..case(
            "bytes after the body",
            Behavior::Reply(flag_response(&right, after)),
            // Depends on whether the client reads the bytes before it accepts the response.
            &["ok", "protocol_error"],
        )
    };
    assert_all(&[
        case(
            "too long, then closed",
            Behavior::ReplyAndClose(flag_response(&longer, b"")),
            &["incomplete_body"],
        ),
        case(
            "too long, then silence",
            Behavior::ReplyAndHang(flag_response(&longer, b"")),
            &["timeout"],
        ),
        case(
            "too short",
            Behavior::Reply(flag_response(&shorter, b"")),
            &["corrupt", "protocol_error"],
        ),
        case(
            "too short, followed by a response",
            Behavior::Reply(flag_response(&shorter, &forged())),
            &["corrupt", "protocol_error"],
        ),
        followed_by(b"x"),
        followed_by(&forged()),
        followed_by(b"\r\n\r\n"),
    ]);
}

#[test]
fn invalid_length_is_a_protocol_error() {
    let reply = |fields: &str| Behavior::ReplyAndHang(flag_response(fields, b""));
    let two_lengths = format!(
        "Content-Length: {}\r\nContent-Length: 7\r\n",
        original_body().len()
    );
    assert_all(&[
        case(
            "negative",
            reply("Content-Length: -1\r\n"),
            &["protocol_error"],
        ),
        case(
            "no number",
            reply("Content-Length: x\r\n"),
            &["protocol_error"],
        ),
        case(
            "signed",
            reply("Content-Length: +11059\r\n"),
            &["protocol_error"],
        ),
        case("empty", reply("Content-Length: \r\n"), &["protocol_error"]),
        case(
            "above 64 bits",
            reply("Content-Length: 99999999999999999999999\r\n"),
            &["protocol_error"],
        ),
        case(
            "the largest number",
            reply("Content-Length: 18446744073709551615\r\n"),
            // hyper takes this value for "no length".
            &["too_large", "protocol_error"],
        ),
        case("two", reply(&two_lengths), &["protocol_error"]),
        case(
            "a chunk size above 64 bits",
            Behavior::ReplyAndHang([&chunked()[..], b"FFFFFFFFFFFFFFFFF\r\nx"].concat()),
            &["protocol_error", "too_large"],
        ),
        case(
            "a chunk of a negative length",
            Behavior::ReplyAndHang([&chunked()[..], b"-1\r\nx"].concat()),
            &["protocol_error"],
        ),
    ]);
}
