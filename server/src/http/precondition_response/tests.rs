//! The fields and bodies of responses to conditional and range requests.

use super::*;
use PreconditionResult::{
    Full, Multipart, NotModified, Partial, PartialAfterIfRange, PreconditionFailed,
    RangeNotSatisfiable,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

fn flag() -> PreparedResponse {
    let body = Bytes::from("0123456789".repeat(1_100));
    let digest = ContentDigest::from_body(&body);
    PreparedResponse::ok("image/gif", body, digest)
}

fn ten_digits() -> PreparedResponse {
    PreparedResponse {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([
            (ETAG, HeaderValue::from_static("\"x\"")),
            (CONTENT_TYPE, HeaderValue::from_static("text/html")),
            (CONTENT_ENCODING, HeaderValue::from_static("gzip")),
            (CONTENT_DIGEST, HeaderValue::from_static("sha-256=:x:")),
            (LAST_MODIFIED, HeaderValue::from_static("then")),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ]),
        body: Bytes::from_static(b"0123456789"),
        reason: None,
    }
}

#[test]
fn every_status_has_its_fields_and_body() {
    let digits = Bytes::from_static(b"0123456789");
    let parts = "--flagpole-part-0\r\ncontent-type: text/html\r\ncontent-encoding: gzip\r\n\
        content-range: bytes 0-1/10\r\n\r\n01\r\n\
        --flagpole-part-0\r\ncontent-type: text/html\r\ncontent-encoding: gzip\r\n\
        content-range: bytes 7-9/10\r\n\r\n789\r\n--flagpole-part-0--\r\n";
    for (result, status, fields, body) in [
        (
            Full,
            200,
            "content-digest content-encoding content-type etag last-modified vary",
            str::from_utf8(&digits).unwrap(),
        ),
        // Section 15.4.5.
        (NotModified, 304, "etag vary", ""),
        // Section 15.3.7: with `If-Range` only the required fields, and digests.
        (
            PartialAfterIfRange(7..10),
            206,
            "content-digest content-range etag repr-digest vary",
            "789",
        ),
        (
            Partial(7..10),
            206,
            "content-digest content-encoding content-range content-type etag last-modified repr-digest vary",
            "789",
        ),
        // Section 15.3.7.2: no range and no coding of all parts.
        (
            Multipart(vec![0..2, 7..10]),
            206,
            "content-digest content-type etag last-modified repr-digest vary",
            parts,
        ),
        // Section 15.5.17.
        (
            RangeNotSatisfiable,
            416,
            "content-range content-type",
            "416 Range Not Satisfiable\n",
        ),
        (
            PreconditionFailed,
            412,
            "content-type",
            "412 Precondition Failed\n",
        ),
    ] {
        let response = build(&result, &ten_digits(), false);
        let mut names: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        assert_eq!(response.status, status);
        assert_eq!(names.join(" "), fields, "{status}");
        assert_eq!(response.body, body, "{status}");
    }
}

/// RFC 9530 appendix B.2.
#[test]
fn a_response_to_head_has_the_digest_of_the_representation_but_none_of_its_content() {
    let (full, head) = (flag(), build(&Full, &flag(), true));
    assert!(!head.headers.contains_key(CONTENT_DIGEST));
    assert_eq!(head.headers[REPR_DIGEST], full.headers[CONTENT_DIGEST]);
    assert_eq!(head.headers.len(), full.headers.len());
    let missing = PreparedResponse::for_status(StatusCode::NOT_FOUND);
    assert_eq!(build(&Full, &missing, true).headers, missing.headers);
}

#[test]
fn a_response_with_several_parts_has_the_digests_of_its_body_and_of_the_representation() {
    let full = flag();
    let joined = build(&Multipart(vec![0..2, 700..1000]), &full, false);
    let digest = ContentDigest::from_body(&joined.body).to_string();
    assert_eq!(joined.headers[CONTENT_DIGEST], digest);
    assert_eq!(joined.headers[REPR_DIGEST], full.headers[CONTENT_DIGEST]);
    assert_eq!(
        joined.headers[CONTENT_TYPE],
        "multipart/byteranges; boundary=flagpole-part-0"
    );
}

#[test]
fn a_partial_response_has_its_range_and_both_digests() {
    let full = flag();
    let partial = partial(&full, 700..1000);
    assert_eq!(partial.status, 206);
    assert_eq!(
        partial.headers["content-range"],
        format!("bytes 700-999/{}", full.body.len())
    );
    assert_eq!(
        partial.headers["content-digest"],
        ContentDigest::from_body(&full.body[700..1000]).to_string()
    );
    assert_eq!(
        partial.headers["repr-digest"],
        full.headers["content-digest"]
    );
    for same in ["etag", "content-type", "accept-ranges"] {
        assert_eq!(partial.headers[same], full.headers[same]);
    }
}

#[test]
fn a_corrupt_partial_response_keeps_the_digest_of_the_original() {
    let original = partial(&flag(), 700..1000);
    let corrupt = original.clone().corrupt(3, 7);
    let pairs = original.body.iter().zip(&corrupt.body);
    let bits: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((corrupt.body.len(), bits), (300, 3));
    assert_eq!(corrupt.headers, original.headers);
}

proptest! {
    #[test]
    fn partial_responses_joined_are_the_full_body(cuts in proptest::collection::vec(1_usize..11_000, 0..5)) {
        let full = flag();
        let mut offsets = vec![0, full.body.len()];
        offsets.extend(cuts.into_iter().filter(|cut| *cut < full.body.len()));
        offsets.sort_unstable();
        offsets.dedup();
        let mut joined = Vec::new();
        for pair in offsets.windows(2) {
            let partial = partial(&full, pair[0]..pair[1]);
            prop_assert_eq!(&partial.body[..], &full.body[pair[0]..pair[1]]);
            prop_assert_eq!(&partial.headers["repr-digest"], &full.headers["content-digest"]);
            joined.extend_from_slice(&partial.body);
        }
        prop_assert_eq!(joined, full.body.to_vec());
    }
}
