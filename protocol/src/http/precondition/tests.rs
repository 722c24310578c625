//! Preconditions by the sections of RFC 9110.

use super::*;
use PreconditionResult::{
    Full, NotModified, Partial, PartialAfterIfRange, PreconditionFailed, RangeNotSatisfiable,
};
use proptest::prelude::*;

/// The tag of the full response.
const TAG: &str = "\"a,b\"";

/// Evaluates a request for a representation of 10 bytes.
fn evaluate(method: &Method, fields: &[(&str, &str)]) -> PreconditionResult {
    let mut request = HeaderMap::new();
    for (name, value) in fields {
        let name: HeaderName = name.parse().unwrap();
        request.append(name, value.parse().unwrap());
    }
    let response = HeaderMap::from_iter([(ETAG, HeaderValue::from_static(TAG))]);
    PreconditionResult::evaluate(method, &request, &response, 10)
}

fn get(fields: &[(&str, &str)]) -> PreconditionResult {
    evaluate(&Method::GET, fields)
}

#[test]
fn if_none_match_gives_304_for_a_matching_tag() {
    for (field, expected) in [
        // Section 13.1.2: `*`, or a list with the tag; the comparison is weak.
        ("*", NotModified),
        (TAG, NotModified),
        ("W/\"a,b\"", NotModified),
        ("\"x\", \"a,b\"", NotModified),
        ("\"x\",\"a,b\",W/\"y\"", NotModified),
        ("\"x,\" , \"a,b\"", NotModified),
        ("\"\", \"a,b\"", NotModified),
        ("\"\\\", \"a,b\"", NotModified),
        // Section 5.6.1.2: empty elements.
        (", ,\t\"a,b\" ,,", NotModified),
        ("\"x\"", Full),
        ("W/\"x\"", Full),
        ("\"a\", \"b\"", Full),
        ("\"A,B\"", Full),
        ("\"x\", \"*\"", Full),
        // Section 8.8.3: not an entity tag.
        ("", Full),
        ("a,b", Full),
        ("w/\"a,b\"", Full),
        ("W/ \"a,b\"", Full),
        ("\"a,b", Full),
        ("'a,b'", Full),
        ("\"x\" \"a,b\"", Full),
        ("\"x y\", \"a,b\"", Full),
        ("*, \"a,b\"", Full),
    ] {
        assert_eq!(get(&[("if-none-match", field)]), expected, "{field}");
    }
    // Section 5.3: repeated fields are one list.
    let lines = [("if-none-match", "\"x\""), ("if-none-match", TAG)];
    assert_eq!(get(&lines), NotModified);
}

#[test]
fn if_match_gives_412_without_a_matching_tag() {
    for (field, expected) in [
        // Section 13.1.1: `*`, or a list with the tag; the comparison is strong.
        ("*", Full),
        (TAG, Full),
        ("\"x\", \"a,b\"", Full),
        ("W/\"a,b\"", PreconditionFailed),
        ("\"x\"", PreconditionFailed),
        ("a,b", PreconditionFailed),
        ("", PreconditionFailed),
    ] {
        assert_eq!(get(&[("if-match", field)]), expected, "{field}");
    }
}

#[test]
fn if_range_gives_the_range_only_for_the_same_tag() {
    for (field, expected) in [
        // Section 13.1.5: the strong comparison of one tag.
        (TAG, PartialAfterIfRange(7..10)),
        ("W/\"a,b\"", Full),
        ("\"x\"", Full),
        ("\"x\", \"a,b\"", Full),
        ("*", Full),
        ("", Full),
        // A date is false if the representation has none.
        ("Sat, 29 Oct 1994 19:43:31 GMT", Full),
    ] {
        let fields = [("range", "bytes=7-"), ("if-range", field)];
        assert_eq!(get(&fields), expected, "{field}");
    }
    // A range with `If-Range` that is not satisfiable (section 14.2).
    let past_end = [("range", "bytes=10-"), ("if-range", TAG)];
    assert_eq!(get(&past_end), RangeNotSatisfiable);
    // Without a range `If-Range` has no effect.
    assert_eq!(get(&[("if-range", TAG)]), Full);
    // Section 5.3: fields that may occur once.
    let twice = [("range", "bytes=7-"), ("range", "bytes=7-")];
    assert_eq!(get(&twice), Full);
    let twice = [("range", "bytes=7-"), ("if-range", TAG), ("if-range", TAG)];
    assert_eq!(get(&twice), Full);
}

#[test]
fn preconditions_are_evaluated_in_the_order_of_section_13_2_2() {
    let (same, other) = (TAG, "\"x\"");
    let long_ago = "Sat, 29 Oct 1994 19:43:31 GMT";
    for (fields, expected) in [
        // Steps 1 and 3: If-Match comes before If-None-Match, both before Range.
        (
            &[("if-match", other), ("if-none-match", same)][..],
            PreconditionFailed,
        ),
        (&[("if-match", same), ("if-none-match", same)], NotModified),
        (&[("if-match", same), ("if-none-match", other)], Full),
        (
            &[("if-match", other), ("range", "bytes=0-1")],
            PreconditionFailed,
        ),
        (&[("if-match", same), ("range", "bytes=0-1")], Partial(0..2)),
        (
            &[("if-none-match", same), ("range", "bytes=0-1")],
            NotModified,
        ),
        (
            &[("if-none-match", same), ("range", "bytes=99-")],
            NotModified,
        ),
        (
            &[("if-none-match", other), ("range", "bytes=0-1")],
            Partial(0..2),
        ),
        (
            &[("if-none-match", other), ("range", "bytes=99-")],
            RangeNotSatisfiable,
        ),
        (
            &[
                ("if-none-match", same),
                ("range", "bytes=0-1"),
                ("if-range", other),
            ],
            NotModified,
        ),
        // Steps 2 and 4: without a date these MUST be ignored (sections 13.1.3 and 13.1.4).
        (&[("if-unmodified-since", long_ago)], Full),
        (&[("if-modified-since", long_ago)], Full),
        (
            &[("if-unmodified-since", long_ago), ("range", "bytes=0-1")],
            Partial(0..2),
        ),
        (
            &[("if-modified-since", long_ago), ("if-none-match", same)],
            NotModified,
        ),
    ] {
        assert_eq!(get(fields), expected, "{fields:?}");
    }
}

#[test]
fn head_has_preconditions_but_no_ranges() {
    let head = |field| evaluate(&Method::HEAD, &[field]);
    assert_eq!(head(("if-none-match", TAG)), NotModified);
    assert_eq!(head(("if-match", "\"x\"")), PreconditionFailed);
    for range in ["bytes=0-1", "bytes=99-"] {
        assert_eq!(head(("range", range)), Full, "{range}");
    }
}

#[test]
fn a_response_without_a_tag_has_no_preconditions() {
    for (name, value) in [
        (IF_NONE_MATCH, "*"),
        (IF_MATCH, "\"x\""),
        (RANGE, "bytes=0-1"),
    ] {
        let request = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        let result = PreconditionResult::evaluate(&Method::GET, &request, &HeaderMap::new(), 10);
        assert_eq!(result, Full, "{value}");
    }
}

proptest! {
    #[test]
    fn evaluating_never_panics(
        any in proptest::collection::vec(any::<u8>(), 0..30),
        near in "[W/\", ab*]{0,30}",
    ) {
        for value in [any, near.into_bytes()] {
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            let response = HeaderMap::from_iter([(ETAG, HeaderValue::from_static(TAG))]);
            for name in [IF_MATCH, IF_NONE_MATCH, RANGE, IF_RANGE] {
                let range = (RANGE, HeaderValue::from_static("bytes=7-"));
                let request = HeaderMap::from_iter([range, (name, value.clone())]);
                PreconditionResult::evaluate(&Method::GET, &request, &response, 10);
            }
        }
    }
}
