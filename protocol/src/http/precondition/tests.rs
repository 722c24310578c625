//! Preconditions by the sections of RFC 9110.

use super::*;
use PreconditionResult::{
    Full, Multipart, NotModified, Partial, PartialAfterIfRange, PreconditionFailed,
    RangeNotSatisfiable,
};
use proptest::prelude::*;

/// The tag of the full response.
const TAG: &str = "\"a,b\"";

/// The date of the modification of the full response, a second before it and a second after it.
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
const SECOND: u64 = 784_111_777;

/// Evaluates a request for a representation of 10 bytes.
fn evaluate_with(
    method: &Method,
    fields: &[(&str, &str)],
    last_modified: Option<LastModified>,
) -> PreconditionResult {
    let mut request = HeaderMap::new();
    for (name, value) in fields {
        let name: HeaderName = name.parse().unwrap();
        request.append(name, value.parse().unwrap());
    }
    let selected = SelectedRepresentation {
        fields: &HeaderMap::from_iter([(ETAG, HeaderValue::from_static(TAG))]),
        last_modified,
        length: 10,
    };
    PreconditionResult::evaluate(method, &request, selected)
}

fn evaluate(method: &Method, fields: &[(&str, &str)]) -> PreconditionResult {
    evaluate_with(method, fields, Some(LastModified::recorded(SECOND)))
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
        // Section 13.1.5: exactly the date, in any form.
        (DATE, PartialAfterIfRange(7..10)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", PartialAfterIfRange(7..10)),
        ("Sun Nov  6 08:49:37 1994", PartialAfterIfRange(7..10)),
        (BEFORE, Full),
        (AFTER, Full),
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
        // Steps 2 and 4: dates count only without a list of tags, whatever it holds.
        (&[("if-match", same), ("if-unmodified-since", BEFORE)], Full),
        (
            &[("if-match", other), ("if-unmodified-since", AFTER)],
            PreconditionFailed,
        ),
        (
            &[("if-none-match", other), ("if-modified-since", AFTER)],
            Full,
        ),
        (
            &[("if-none-match", "x"), ("if-modified-since", AFTER)],
            Full,
        ),
        (
            &[("if-none-match", same), ("if-modified-since", BEFORE)],
            NotModified,
        ),
        (
            &[("if-match", same), ("if-modified-since", DATE)],
            NotModified,
        ),
        (
            &[("if-unmodified-since", DATE), ("if-none-match", same)],
            NotModified,
        ),
        (
            &[
                ("if-unmodified-since", BEFORE),
                ("if-modified-since", AFTER),
            ],
            PreconditionFailed,
        ),
        (
            &[("if-unmodified-since", BEFORE), ("range", "bytes=0-1")],
            PreconditionFailed,
        ),
        (
            &[("if-unmodified-since", DATE), ("range", "bytes=0-1")],
            Partial(0..2),
        ),
        (
            &[("if-modified-since", DATE), ("range", "bytes=0-1")],
            NotModified,
        ),
        (
            &[("if-modified-since", BEFORE), ("range", "bytes=0-1")],
            Partial(0..2),
        ),
    ] {
        assert_eq!(get(fields), expected, "{fields:?}");
    }
}

#[test]
fn dates_are_compared_to_the_second_and_ignored_if_malformed() {
    for (date, modified_since, unmodified_since) in [
        // Sections 13.1.3 and 13.1.4: the date itself counts as not modified.
        (BEFORE, Full, PreconditionFailed),
        (DATE, NotModified, Full),
        (AFTER, NotModified, Full),
        // Section 5.6.7: obsolete forms.
        ("Sunday, 06-Nov-94 08:49:37 GMT", NotModified, Full),
        ("Sun Nov  6 08:49:37 1994", NotModified, Full),
        ("Sunday, 06-Nov-94 08:49:36 GMT", Full, PreconditionFailed),
        // No date.
        ("", Full, Full),
        ("*", Full, Full),
        (TAG, Full, Full),
        ("784111778", Full, Full),
        ("Sun, 06 Nov 1994 08:49:38", Full, Full),
        ("Mon, 06 Nov 1994 08:49:38 GMT", Full, Full),
    ] {
        let modified_since = (modified_since, get(&[("if-modified-since", date)]));
        assert_eq!(modified_since.0, modified_since.1, "{date}");
        let unmodified_since = (unmodified_since, get(&[("if-unmodified-since", date)]));
        assert_eq!(unmodified_since.0, unmodified_since.1, "{date}");
    }
    // More than one member.
    for name in ["if-modified-since", "if-unmodified-since"] {
        assert_eq!(get(&[(name, DATE), (name, BEFORE)]), Full, "{name}");
    }
}

#[test]
fn without_a_date_conditions_with_dates_are_ignored() {
    let get = |fields: &[_]| evaluate_with(&Method::GET, fields, None);
    assert_eq!(get(&[("if-modified-since", AFTER)]), Full);
    assert_eq!(get(&[("if-unmodified-since", BEFORE)]), Full);
    assert_eq!(get(&[("range", "bytes=7-"), ("if-range", DATE)]), Full);
    assert_eq!(
        get(&[("if-unmodified-since", BEFORE), ("range", "bytes=7-")]),
        Partial(7..10)
    );
}

/// Section 8.8.2.2.
#[test]
fn a_weak_date_is_good_for_conditions_but_not_for_if_range() {
    let weak = Some(LastModified::of_file(SECOND, SECOND));
    let get = |fields: &[_]| evaluate_with(&Method::GET, fields, weak);
    assert_eq!(get(&[("if-modified-since", DATE)]), NotModified);
    assert_eq!(get(&[("range", "bytes=7-"), ("if-range", DATE)]), Full);
}

#[test]
fn several_ranges_are_one_response_with_or_without_if_range() {
    let ranges = ("range", "bytes=0-1,5-6");
    let parts = || Multipart(vec![0..2, 5..7]);
    assert_eq!(get(&[ranges]), parts());
    assert_eq!(get(&[ranges, ("if-range", TAG)]), parts());
    assert_eq!(get(&[ranges, ("if-range", "\"x\"")]), Full);
    assert_eq!(get(&[("range", "bytes=0-1,10-")]), Partial(0..2));
    assert_eq!(get(&[("range", "bytes=0-7,5-9")]), Full);
    assert_eq!(get(&[("range", "bytes=10-,11-")]), RangeNotSatisfiable);
}

#[test]
fn head_has_preconditions_but_no_ranges() {
    let head = |field| evaluate(&Method::HEAD, &[field]);
    assert_eq!(head(("if-modified-since", DATE)), NotModified);
    assert_eq!(head(("if-unmodified-since", BEFORE)), PreconditionFailed);
    assert_eq!(head(("if-none-match", TAG)), NotModified);
    assert_eq!(head(("if-match", "\"x\"")), PreconditionFailed);
    for range in ["bytes=0-1", "bytes=99-", "bytes=0-1,5-6"] {
        assert_eq!(head(("range", range)), Full, "{range}");
    }
}

#[test]
fn a_response_without_a_tag_has_no_preconditions() {
    for (name, value) in [
        (IF_NONE_MATCH, "*"),
        (IF_MATCH, "\"x\""),
        (RANGE, "bytes=0-1"),
        (IF_MODIFIED_SINCE, AFTER),
        (IF_UNMODIFIED_SINCE, BEFORE),
    ] {
        let request = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        let selected = SelectedRepresentation {
            fields: &HeaderMap::new(),
            last_modified: Some(LastModified::recorded(SECOND)),
            length: 10,
        };
        let result = PreconditionResult::evaluate(&Method::GET, &request, selected);
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
            let selected = SelectedRepresentation {
                fields: &HeaderMap::from_iter([(ETAG, HeaderValue::from_static(TAG))]),
                last_modified: Some(LastModified::recorded(SECOND)),
                length: 10,
            };
            for name in FIELDS.iter().chain([&IF_RANGE]) {
                let range = (RANGE, HeaderValue::from_static("bytes=7-"));
                let request = HeaderMap::from_iter([range, (name.clone(), value.clone())]);
                PreconditionResult::evaluate(&Method::GET, &request, selected);
            }
        }
    }
}
