//! `Range` and `Content-Range` by the grammar and the examples of RFC 9110 section 14.

use super::*;
use proptest::prelude::*;

fn select(field: &str, length: usize) -> Result<Vec<Range<usize>>, NotSatisfiable> {
    ByteRange::select(&HeaderValue::from_str(field).unwrap(), length)
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
        assert_eq!(select(field, 10_000), Ok(vec![range]), "{field}");
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
        assert_eq!(select(field, 10_000), Ok(Vec::new()), "{field}");
    }
    let not_ascii = HeaderValue::from_bytes(b"bytes=1-2\xff").unwrap();
    assert_eq!(ByteRange::select(&not_ascii, 10_000), Ok(Vec::new()));
}

#[test]
fn several_ranges_are_selected_in_the_order_of_the_field() {
    for (field, ranges) in [
        // Section 14.1.2.
        ("bytes=500-600,601-999", vec![500..601, 601..1000]),
        ("bytes=500-700,601-999", vec![500..701, 601..1000]),
        ("bytes=0-0,-1", vec![0..1, 9999..10_000]),
        ("bytes=9-9 , 0-1,5-6", vec![9..10, 0..2, 5..7]),
        ("bytes=0-1,0-1", vec![0..2, 0..2]),
        // Those that are not satisfiable are left out.
        ("bytes=0-1,10000-,5-6,-0", vec![0..2, 5..7]),
        ("bytes=0-4999,5000-", vec![0..5000, 5000..10_000]),
    ] {
        assert_eq!(select(field, 10_000), Ok(ranges), "{field}");
    }
}

#[test]
fn ranges_longer_than_the_representation_and_more_than_100_select_everything() {
    for field in ["bytes=0-5,3-", "bytes=0-,-1", "bytes=0-4999,4999-"] {
        assert_eq!(select(field, 10_000), Ok(Vec::new()), "{field}");
    }
    let ranges = |count| format!("bytes={}", vec!["1-1"; count].join(","));
    assert_eq!(select(&ranges(100), 10_000).unwrap().len(), 100);
    assert_eq!(select(&ranges(101), 10_000), Ok(Vec::new()));
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
        assert_eq!(select(field, 10_000), Err(NotSatisfiable), "{field}");
    }
}

#[test]
fn an_empty_representation_has_no_partial_response() {
    assert_eq!(select("bytes=0-", 0), Err(NotSatisfiable));
    assert_eq!(select("bytes=-5", 0), Ok(Vec::new()));
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
            let ranges = ByteRange::select(&field, length).unwrap_or_default();
            prop_assert!(ranges.iter().all(|range| range.start < range.end && range.end <= length));
            prop_assert!(ranges.iter().map(Range::len).sum::<usize>() <= length);
        }
    }

    #[test]
    fn a_range_is_limited_to_the_representation(first in 0_usize..60_000, more in 0_usize..60_000, length in 1_usize..60_000) {
        let last = first + more;
        let range = first..length.min(last + 1);
        let expected = if first < length {
            Ok(vec![range])
        } else {
            Err(NotSatisfiable)
        };
        prop_assert_eq!(select(&format!("bytes={first}-{last}"), length), expected);
    }
}

#[test]
fn a_written_range_selects_what_it_says() {
    for (range, selected) in [
        (ByteRange::From(4, None), 4..10),
        (ByteRange::From(4, Some(5)), 4..6),
        (ByteRange::Suffix(3), 7..10),
    ] {
        assert_eq!(select(&range.to_string(), 10), Ok(vec![selected]));
    }
}

#[test]
fn examples_of_the_rfc_are_parsed() {
    let first = ContentRange::parse("bytes 42-1233/1234").unwrap();
    assert_eq!((first.start, first.end), (42, 1234));
    assert_eq!((first.length(), first.whole), (1192, Some(1234)));
    assert_eq!(ContentRange::parse("bytes 42-1233/*").unwrap().whole, None);
    assert_eq!(ContentRange::parse("Bytes 0-0/1").unwrap().length(), 1);
    for written in ["bytes 42-1233/1234", "bytes 42-1233/*"] {
        assert_eq!(ContentRange::parse(written).unwrap().to_string(), written);
    }
    assert_eq!(ContentRange::unsatisfied(1234), "bytes */1234");
}

#[test]
fn invalid_ranges_are_rejected() {
    for bad in [
        "",
        "bytes",
        "bytes ",
        "bytes */1234",
        "bytes 5-4/10",
        "bytes 0-10/10",
        "bytes 0-9/",
        "bytes -9/10",
        "bytes 0-/10",
        "bytes=0-9/10",
        "bytes +0-9/10",
        "bytes 0-9/10/10",
        "bytes 0 - 9/10",
        "bytes 0x0-9/10",
        "bytes 0-18446744073709551615/*",
        "bytes 0-18446744073709551616/*",
        "lines 0-9/10",
    ] {
        assert_eq!(ContentRange::parse(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn valid_ranges_round_trip(start: u32, more: u32, beyond: u32, known: bool) {
        let [start, more, beyond] = [start, more, beyond].map(u64::from);
        let last = start + more;
        let whole = known.then_some(last + 1 + beyond);
        let range = ContentRange { start, end: last + 1, whole };
        prop_assert_eq!(ContentRange::parse(&range.to_string()), Some(range));
    }

    #[test]
    fn parsed_ranges_are_valid_for_any_text(text in "[bytes 0-9*/+-]{0,40}|\\PC*") {
        if let Some(range) = ContentRange::parse(&text) {
            prop_assert!(range.start < range.end);
            prop_assert!(range.whole.is_none_or(|whole| range.end <= whole));
        }
    }
}
