//! The fields and bodies of responses to conditional and range requests.

use super::*;
use PreconditionResult::{
    NotModified, Partial, PartialAfterIfRange, PreconditionFailed, RangeNotSatisfiable,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

fn flag() -> PreparedResponse {
    PreparedResponse::page("image/gif", "0123456789".repeat(1_100))
}

fn ten_digits() -> PreparedResponse {
    PreparedResponse {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([
            (ETAG, HeaderValue::from_static("\"x\"")),
            (CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        ]),
        body: Bytes::from_static(b"0123456789"),
        reason: None,
    }
}

#[test]
fn every_status_has_its_fields_and_body() {
    let partial_fields = "content-digest content-range etag";
    for (result, status, fields, body) in [
        // Section 15.4.5.
        (NotModified, 304, "etag", ""),
        // Section 15.3.7: with `If-Range` only the required fields.
        (PartialAfterIfRange(7..10), 206, partial_fields, "789"),
        (
            Partial(7..10),
            206,
            "content-digest content-range content-type etag",
            "789",
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
        let response = build(&result, &ten_digits());
        let mut names: Vec<_> = response.headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        assert_eq!(response.status, status);
        assert_eq!(names.join(" "), fields, "{status}");
        assert_eq!(response.body, body, "{status}");
    }
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
