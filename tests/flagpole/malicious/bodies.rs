//! Malicious bodies: wrong lengths, wrong contents, no end.

use super::server::{Behavior, honest_response};
use super::{MaliciousCase, assert_all, case, head, original_body, us};
use flagpole_protocol::ContentDigest;

/// A head with the digest of the flag of Brazil and these fields.
fn head_with_digest(fields: &str) -> Vec<u8> {
    let digest = ContentDigest::from_body(&original_body());
    head("200 OK", &format!("Content-Digest: {digest}\r\n{fields}"))
}

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
            &["too_large"],
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

/// 60 MB of zeros, 58 KB as gzip.
fn bomb() -> Vec<u8> {
    // One deflate block of fixed codes: a literal 0, then copies of 258 bytes from distance 1.
    let mut bits = DeflateBits::default();
    bits.put(0b011, 3);
    bits.put_code(0x30, 8);
    for _ in 0..36_000 {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    bits.put_code(0, 7);
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    [&head[..], &bits.bytes, &[0; 8]].concat()
}

/// Deflate packs bits from the lowest up, and codes from their highest bit (RFC 1951 section
/// 3.1.1).
#[derive(Default)]
struct DeflateBits {
    bytes: Vec<u8>,
    free: u32,
}

impl DeflateBits {
    fn put(&mut self, bits: u32, count: u32) {
        for place in 0..count {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let bit = u8::from(bits >> place & 1 == 1);
            *self.bytes.last_mut().unwrap() |= bit << (8 - self.free);
            self.free -= 1;
        }
    }

    fn put_code(&mut self, code: u32, length: u32) {
        self.put(code.reverse_bits() >> (32 - length), length);
    }
}

#[test]
fn compressed_body_is_not_decompressed() {
    let bomb = bomb();
    let length = bomb.len();
    assert!(length < 60_000);
    let with = |fields: &str| {
        let fields = format!("Content-Encoding: gzip\r\nContent-Length: {length}\r\n{fields}");
        Behavior::Reply([&head("200 OK", &fields)[..], &bomb].concat())
    };
    let digest = ContentDigest::from_body(&original_body());
    let own = ContentDigest::from_body(&bomb);
    assert_all(&[
        case(
            "a bomb with the digest of the flag",
            with(&format!("Content-Digest: {digest}\r\n")),
            &["corrupt"],
        ),
        case(
            "a bomb with its own digest",
            with(&format!("Content-Digest: {own}\r\n")),
            &["corrupt"],
        ),
        case("a bomb without a digest", with(""), &["corrupt"]),
    ]);
}

#[test]
fn digest_mismatch_or_incomplete_gif_is_corrupt() {
    let other = crate::combos::original_body(us());
    let length = other.len();
    let fields = format!("Content-Length: {length}\r\n");
    let repr = format!(
        "Repr-Digest: {}\r\n",
        ContentDigest::from_body(&original_body())
    );
    let unreadable = "Content-Digest: sha-256=:AAAA:\r\n";
    let mut flipped = original_body();
    flipped[0] ^= 1;
    let flipped = [
        &head_with_digest(&format!("Content-Length: {}\r\n", flipped.len()))[..],
        &flipped,
    ];
    assert_all(&[
        case(
            "another flag with this flag's digest",
            Behavior::Reply([&head_with_digest(&fields)[..], &other].concat()),
            &["corrupt"],
        ),
        case(
            "one flipped bit",
            Behavior::Reply(flipped.concat()),
            &["corrupt"],
        ),
        case(
            "another flag with this flag's Repr-Digest",
            Behavior::Reply([&head("200 OK", &format!("{fields}{repr}")), &other[..]].concat()),
            &["corrupt"],
        ),
        case(
            "a digest that cannot be read",
            Behavior::Reply(
                [
                    &head("200 OK", &format!("{fields}{unreadable}")),
                    &other[..],
                ]
                .concat(),
            ),
            &["corrupt"],
        ),
        case(
            "no digest, not a GIF",
            Behavior::Reply([&head("200 OK", "Content-Length: 4\r\n")[..], b"JFIF"].concat()),
            &["corrupt"],
        ),
        case(
            "no digest, only a GIF signature",
            Behavior::Reply([&head("200 OK", "Content-Length: 6\r\n")[..], b"GIF89a"].concat()),
            &["corrupt"],
        ),
        case(
            "empty",
            Behavior::Reply(head_with_digest("Content-Length: 0\r\n")),
            &["corrupt"],
        ),
        case(
            "empty without a length",
            Behavior::ReplyAndClose(head_with_digest("")),
            &["corrupt"],
        ),
    ]);
}

/// Without a length and a digest, a connection closed early looks like the end of the body.
#[test]
fn unverifiable_body_must_be_a_complete_gif() {
    let original_body = original_body();
    let reply = |bytes: &[u8]| Behavior::ReplyAndClose([&head("200 OK", "")[..], bytes].concat());
    let fragment = |bytes: usize| {
        case(
            "an incomplete GIF",
            reply(&original_body[..bytes]),
            &["corrupt"],
        )
    };
    assert_all(&[
        fragment(13),
        fragment(original_body.len() / 2),
        fragment(original_body.len() - 1),
        MaliciousCase {
            saved: Some(original_body.clone()),
            ..case("the complete GIF", reply(&original_body), &["ok"])
        },
    ]);
}

/// Only the server says what is right: a different flag with a matching length and digest is
/// accepted.
#[test]
fn consistent_wrong_body_is_accepted() {
    let other = crate::combos::original_body(us());
    assert_all(&[MaliciousCase {
        saved: Some(other.clone()),
        ..case(
            "another flag with its own length and digest",
            Behavior::Reply(honest_response(&other)),
            &["ok"],
        )
    }]);
}
