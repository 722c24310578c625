//! Ranges by the grammar and the examples of RFC 9110 section 14.

use super::*;
use proptest::prelude::*;

fn evaluate(field: &str, length: usize) -> RangeResult {
    RangeResult::evaluate(&HeaderValue::from_str(field).unwrap(), length)
}

#[test]
fn a_single_range_selects_these_bytes() {
    for (field, range) in [
        // Section 14.1.2: positions start at zero and are inclusive.
        ("bytes=0-0", 0..1),
        ("bytes=0-499", 0..500),
        ("bytes=500-999", 500..1000),
        // The last position may be absent, or past the last byte.
        ("bytes=9500-", 9500..10_000),
        ("bytes=0-", 0..10_000),
        ("bytes=9999-", 9999..10_000),
        ("bytes=9500-20000", 9500..10_000),
        // A suffix longer than the representation selects all of it.
        ("bytes=-500", 9500..10_000),
        ("bytes=-20000", 0..10_000),
        // Section 14.1: units are case-insensitive.
        ("BYTES=1-2", 1..3),
        // Section 5.6.1.2: empty elements and space around commas are ignored.
        ("bytes=,1-2 \t, ,", 1..3),
        // Section 14.1.1: any number of digits, which must not overflow.
        ("bytes=0000000000000000000000001-2", 1..3),
        ("bytes=1-99999999999999999999999999", 1..10_000),
        ("bytes=1-18446744073709551615", 1..10_000),
        ("bytes=-99999999999999999999999999", 0..10_000),
        // The only satisfiable one of several.
        ("bytes=10000-,1-2", 1..3),
    ] {
        assert_eq!(
            evaluate(field, 10_000),
            RangeResult::Partial(range),
            "{field}"
        );
    }
}

#[test]
fn malformed_fields_and_unknown_units_are_ignored() {
    for field in [
        // Section 14.1.1: the grammar.
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=1",
        "bytes=a-b",
        "bytes=1-b",
        "bytes=+1-2",
        "bytes=1--2",
        "bytes=0x1-2",
        "bytes=1 - 2",
        "bytes= 1-2",
        "bytes =1-2",
        "bytes:1-2",
        "bytes=1-2;3-4",
        "bytes=1-2,x",
        // Invalid: the last position is before the first.
        "bytes=2-1",
        "bytes=0-1,2-1",
        // Section 14.2: an origin server MUST ignore a unit it does not understand.
        "lines=1-2",
        "bytes2=1-2",
    ] {
        assert_eq!(evaluate(field, 10_000), RangeResult::Full, "{field}");
    }
    let not_ascii = HeaderValue::from_bytes(b"bytes=1-2\xff").unwrap();
    assert_eq!(RangeResult::evaluate(&not_ascii, 10_000), RangeResult::Full);
}

#[test]
fn several_ranges_select_everything() {
    for field in [
        "bytes=0-1,5-6",
        "bytes=0-1,0-1",
        "bytes=0-5,3-",
        "bytes=0-,-1",
    ] {
        assert_eq!(evaluate(field, 10_000), RangeResult::Full, "{field}");
    }
}

#[test]
fn a_range_that_begins_past_the_end_is_not_satisfiable() {
    for field in [
        // Section 14.1.2: satisfiable is a first position below the length, or a non-empty suffix.
        "bytes=10000-",
        "bytes=10000-10001",
        "bytes=-0",
        "bytes=99999999999999999999999999-",
        "bytes=99999999999999999999999998-99999999999999999999999999",
        "bytes=10000-,-0",
    ] {
        assert_eq!(
            evaluate(field, 10_000),
            RangeResult::NotSatisfiable,
            "{field}"
        );
    }
}

#[test]
fn an_empty_representation_has_no_partial_response() {
    assert_eq!(evaluate("bytes=0-", 0), RangeResult::NotSatisfiable);
    assert_eq!(evaluate("bytes=-5", 0), RangeResult::Full);
}

proptest! {
    #[test]
    fn evaluating_never_panics_and_a_range_is_within_the_representation(
        field in proptest::collection::vec(any::<u8>(), 0..40),
        near in "(?i:bytes) ?= ?[0-9, \t-]{0,40}",
        length in 0_usize..300,
    ) {
        for field in [field, near.into_bytes()] {
            let Ok(field) = HeaderValue::from_bytes(&field) else { continue };
            if let RangeResult::Partial(range) = RangeResult::evaluate(&field, length) {
                prop_assert!(range.start < range.end && range.end <= length);
            }
        }
    }

    #[test]
    fn a_range_is_limited_to_the_representation(first in 0_usize..60_000, more in 0_usize..60_000, length in 1_usize..60_000) {
        let last = first + more;
        let expected = if first < length {
            RangeResult::Partial(first..length.min(last + 1))
        } else {
            RangeResult::NotSatisfiable
        };
        prop_assert_eq!(evaluate(&format!("bytes={first}-{last}"), length), expected);
    }
}
