//! Lies about bodies: how long they are, what they are, and whether they end.

use super::server::{Behavior, whole};
use super::{MaliciousCase, assert_all, case, head, truth, us};
use flagpole_protocol::ContentDigest;

/// The head of an answer with the true digest, and these fields.
fn true_head(fields: &str) -> Vec<u8> {
    let digest = ContentDigest::from_body(&truth());
    head("200 OK", &format!("Content-Digest: {digest}\r\n{fields}"))
}

/// The true flag behind a head with these fields, and something behind that.
fn around(fields: &str, behind: &[u8]) -> Vec<u8> {
    [&true_head(fields)[..], &truth(), behind].concat()
}

/// Another answer, which nobody asked for, to be taken for that to the next request.
fn forged() -> Vec<u8> {
    let body = b"GIF89a forged";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn chunked() -> Vec<u8> {
    head("200 OK", "Transfer-Encoding: chunked\r\n")
}

#[test]
fn a_body_without_an_end_is_refused_at_the_limit() {
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
            "as long as it says, which is too long",
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
        // In writes so large that there is always something to read: it is no data, and no time to look at
        // the clock.
        case(
            "an endless size of a chunk",
            Behavior::Flood(chunked(), vec![b'0'; 1 << 20]),
            &["protocol_error", "too_large"],
        ),
        case(
            "endless space behind the size of a chunk",
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
fn a_body_that_drips_ends_with_the_whole_time() {
    assert_all(&[
        case(
            "as slow as can be",
            Behavior::Drip(true_head("Content-Length: 11059\r\n"), b"x".to_vec()),
            &["timeout"],
        ),
        case(
            "without a length",
            Behavior::Drip(true_head(""), b"x".to_vec()),
            &["timeout"],
        ),
        case(
            "in chunks",
            Behavior::Drip(
                true_head("Transfer-Encoding: chunked\r\n"),
                b"1\r\nx\r\n".to_vec(),
            ),
            &["timeout"],
        ),
    ]);
}

#[test]
fn a_length_that_is_wrong_spoils_this_answer_and_not_the_next() {
    let length = truth().len();
    let longer = format!("Content-Length: {}\r\n", length + 1);
    let shorter = format!("Content-Length: {}\r\n", length - 1);
    let right = format!("Content-Length: {length}\r\n");
    let behind = |behind: &[u8]| MaliciousCase {
        saved: Some(truth()),
        ..case(
            "something behind the end",
            Behavior::Say(around(&right, behind)),
            // Whether it is seen before the answer is taken is a matter of who reads when.
            &["ok", "protocol_error"],
        )
    };
    assert_all(&[
        case(
            "too long, and the end",
            Behavior::End(around(&longer, b"")),
            &["incomplete_body"],
        ),
        case(
            "too long, and nothing",
            Behavior::Hang(around(&longer, b"")),
            &["timeout"],
        ),
        case(
            "too short",
            Behavior::Say(around(&shorter, b"")),
            &["corrupt", "protocol_error"],
        ),
        case(
            "too short, with an answer behind",
            Behavior::Say(around(&shorter, &forged())),
            &["corrupt", "protocol_error"],
        ),
        behind(b"x"),
        behind(&forged()),
        behind(b"\r\n\r\n"),
    ]);
}

#[test]
fn a_length_that_is_none_is_no_http() {
    let about = |fields: &str| Behavior::Hang(around(fields, b""));
    let many = format!("Content-Length: {}\r\nContent-Length: 7\r\n", truth().len());
    assert_all(&[
        case(
            "negative",
            about("Content-Length: -1\r\n"),
            &["protocol_error"],
        ),
        case(
            "no number",
            about("Content-Length: x\r\n"),
            &["protocol_error"],
        ),
        case(
            "signed",
            about("Content-Length: +11059\r\n"),
            &["protocol_error"],
        ),
        case("empty", about("Content-Length: \r\n"), &["protocol_error"]),
        case(
            "more than there are numbers",
            about("Content-Length: 99999999999999999999999\r\n"),
            &["protocol_error"],
        ),
        case(
            "the greatest number",
            about("Content-Length: 18446744073709551615\r\n"),
            // To hyper this one means that there is none.
            &["too_large", "protocol_error"],
        ),
        case("two", about(&many), &["protocol_error"]),
        case(
            "a chunk as large as can be",
            Behavior::Hang([&chunked()[..], b"FFFFFFFFFFFFFFFFF\r\nx"].concat()),
            &["protocol_error", "too_large"],
        ),
        case(
            "a chunk of a negative length",
            Behavior::Hang([&chunked()[..], b"-1\r\nx"].concat()),
            &["protocol_error"],
        ),
    ]);
}

/// 60 MB of zeros, by gzip: 58 KB.
fn bomb() -> Vec<u8> {
    // A stored block cannot blow up; this is one deflate block of fixed codes: a literal 0, then as many
    // copies of 258 bytes from a distance of 1 as there are bits for.
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

/// The bits of deflate: from the lowest up, codes from their highest (RFC 1951 section 3.1.1).
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
fn what_is_compressed_is_not_unpacked() {
    let bomb = bomb();
    let length = bomb.len();
    assert!(length < 60_000);
    let with = |fields: &str| {
        let fields = format!("Content-Encoding: gzip\r\nContent-Length: {length}\r\n{fields}");
        Behavior::Say([&head("200 OK", &fields)[..], &bomb].concat())
    };
    let digest = ContentDigest::from_body(&truth());
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
fn another_body_than_its_digest_says_is_corrupt() {
    let other = crate::combos::truth(us());
    let length = other.len();
    let fields = format!("Content-Length: {length}\r\n");
    let repr = format!("Repr-Digest: {}\r\n", ContentDigest::from_body(&truth()));
    let unreadable = "Content-Digest: sha-256=:AAAA:\r\n";
    let mut flipped = truth();
    flipped[0] ^= 1;
    let flipped = [
        &true_head(&format!("Content-Length: {}\r\n", flipped.len()))[..],
        &flipped,
    ];
    assert_all(&[
        case(
            "the flag of another country",
            Behavior::Say([&true_head(&fields)[..], &other].concat()),
            &["corrupt"],
        ),
        case("a bit", Behavior::Say(flipped.concat()), &["corrupt"]),
        case(
            "the flag of another country, by the digest of the whole",
            Behavior::Say([&head("200 OK", &format!("{fields}{repr}")), &other[..]].concat()),
            &["corrupt"],
        ),
        case(
            "a digest that cannot be read",
            Behavior::Say(
                [
                    &head("200 OK", &format!("{fields}{unreadable}")),
                    &other[..],
                ]
                .concat(),
            ),
            &["corrupt"],
        ),
        case(
            "no digest, and no GIF",
            Behavior::Say([&head("200 OK", "Content-Length: 4\r\n")[..], b"JFIF"].concat()),
            &["corrupt"],
        ),
        case(
            "no digest, and no more of a GIF than its name",
            Behavior::Say([&head("200 OK", "Content-Length: 6\r\n")[..], b"GIF89a"].concat()),
            &["corrupt"],
        ),
        case(
            "nothing",
            Behavior::Say(true_head("Content-Length: 0\r\n")),
            &["corrupt"],
        ),
        case(
            "nothing, and the end",
            Behavior::End(true_head("")),
            &["corrupt"],
        ),
    ]);
}

/// Where a server says neither how long a body is nor what its digest, an end too early looks like the end.
#[test]
fn of_a_body_that_nobody_vouches_for_only_the_whole_is_a_flag() {
    let truth = truth();
    let said = |bytes: &[u8]| Behavior::End([&head("200 OK", "")[..], bytes].concat());
    let fragment = |bytes: usize| case("a part", said(&truth[..bytes]), &["corrupt"]);
    assert_all(&[
        fragment(13),
        fragment(truth.len() / 2),
        fragment(truth.len() - 1),
        MaliciousCase {
            saved: Some(truth.clone()),
            ..case("the whole", said(&truth), &["ok"])
        },
    ]);
}

/// A server that says of another flag all that would be true of it cannot be told from an honest one
/// that has this flag there: nothing but the server says what is right.
#[test]
fn a_lie_without_a_contradiction_is_believed() {
    let other = crate::combos::truth(us());
    assert_all(&[MaliciousCase {
        saved: Some(other.clone()),
        ..case(
            "another flag, in all its parts",
            Behavior::Say(whole(&other)),
            &["ok"],
        )
    }]);
}
