//! Bodies with wrong contents.

use super::gzip_bomb::bomb;
use super::head_with_digest;
use crate::malicious::server::{Behavior, honest_response};
use crate::malicious::{MaliciousCase, assert_all, case, head, original_body, us};
use flagpole_protocol::ContentDigest;

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
            &["content_coding"],
        ),
        case(
            "a bomb with its own digest",
            with(&format!("Content-Digest: {own}\r\n")),
            &["content_coding"],
        ),
        case("a bomb without a digest", with(""), &["content_coding"]),
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
