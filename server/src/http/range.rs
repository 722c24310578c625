//! Ranges of bytes: what the `Range` field asks for, and the part that answers it (RFC 9110 section 14).
//!
//! Only single ranges are served. A field that can not be read is passed over, and one that names
//! several ranges is answered with the whole, as section 14.2 allows.

use crate::content::site;
use crate::content::site::{Answer, CONTENT_DIGEST};
use flagpole_protocol::ContentDigest;
use http::header::CONTENT_RANGE;
use http::{HeaderName, HeaderValue, StatusCode};
use std::ops::Range;

/// The digest of the whole representation, whatever part of it is sent (RFC 9530 section 3).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// What a `Range` field selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ranged {
    /// All there is: the field asks for nothing that is served in parts.
    Whole,
    /// These bytes, at least one.
    Part(Range<usize>),
    /// Bytes that there are not.
    Unsatisfiable,
}

/// One range as it is written. Numbers past `usize` are `usize::MAX`, which is behind any body.
enum Spec {
    /// `500-` or `500-999`: from the first place to the last, which is part of it.
    From(usize, Option<usize>),
    /// `-500`: so many bytes at the end.
    Suffix(usize),
}

impl Ranged {
    /// What a `Range` field selects of so many bytes. Of several ranges one may be left, where the
    /// others lie behind the end.
    pub(crate) fn of(field: &HeaderValue, length: usize) -> Ranged {
        let Some(specs) = field.to_str().ok().and_then(specs) else {
            return Ranged::Whole;
        };
        let mut parts = specs.iter().filter_map(|spec| spec.resolve(length));
        match (parts.next(), parts.next()) {
            (None, _) => Ranged::Unsatisfiable,
            // The end of nothing can be asked for, but `Content-Range` has no words for it.
            (Some(part), None) if !part.is_empty() => Ranged::Part(part),
            _ => Ranged::Whole,
        }
    }
}

impl Spec {
    fn read(text: &str) -> Option<Spec> {
        match text.split_once('-')? {
            ("", length) => Some(Spec::Suffix(number(length)?)),
            (first, "") => Some(Spec::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Spec::From(first, Some(last)))
            }
        }
    }

    /// The bytes of a body of this length that are meant; `None` if it has none of them.
    fn resolve(&self, length: usize) -> Option<Range<usize>> {
        match *self {
            Spec::From(first, last) => {
                let end = last.map_or(length, |last| last.saturating_add(1).min(length));
                (first < length).then_some(first..end)
            }
            Spec::Suffix(0) => None,
            Spec::Suffix(count) => Some(length.saturating_sub(count)..length),
        }
    }
}

/// The ranges of a field; `None` if it has another unit than bytes or is malformed. Elements of a
/// list may be empty, and there may be space around a comma, but not behind the `=` (section 5.6.1).
fn specs(field: &str) -> Option<Vec<Spec>> {
    let (unit, set) = field.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") || set.starts_with([' ', '\t']) {
        return None;
    }
    let elements = set
        .split(',')
        .map(|element| element.trim_matches([' ', '\t']));
    let specs: Vec<_> = elements
        .filter(|element| !element.is_empty())
        .map(Spec::read)
        .collect::<Option<_>>()?;
    (!specs.is_empty()).then_some(specs)
}

fn number(digits: &str) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Digits alone fail to parse only if they are too many.
    is_number.then(|| digits.parse().unwrap_or(usize::MAX))
}

/// The 206 with these bytes of a whole answer.
pub(crate) fn part(whole: &Answer, range: Range<usize>) -> Answer {
    let content_range = format!(
        "bytes {}-{}/{}",
        range.start,
        range.end - 1,
        whole.body.len()
    );
    let body = whole.body.slice(range);
    let mut headers = whole.headers.clone();
    headers.insert(CONTENT_RANGE, site::ascii(content_range));
    // It is the digest of the content that is sent (RFC 9530 section 2).
    let of_part = site::ascii(ContentDigest::from_body(&body).to_string());
    if let Some(of_whole) = headers.insert(CONTENT_DIGEST, of_part) {
        headers.insert(REPR_DIGEST, of_whole);
    }
    Answer {
        status: StatusCode::PARTIAL_CONTENT,
        headers,
        body,
        reason: None,
    }
}

/// The 416 that says how many bytes there are.
pub(crate) fn unsatisfiable(length: usize) -> Answer {
    let mut answer = site::plain(StatusCode::RANGE_NOT_SATISFIABLE);
    answer
        .headers
        .insert(CONTENT_RANGE, site::ascii(format!("bytes */{length}")));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::site::Site;
    use crate::http::route::Route;
    use flagpole_protocol::FateKey;
    use http::Method;
    use proptest::prelude::*;

    fn ranged(field: &str, length: usize) -> Ranged {
        Ranged::of(&HeaderValue::from_str(field).unwrap(), length)
    }

    fn flag() -> Answer {
        let route = Route::new(&Method::GET, &FateKey::from_path("/flags/br/br.gif"));
        Site::embedded().answer(route).clone()
    }

    #[test]
    fn a_single_range_is_a_part() {
        for (field, part) in [
            // Section 14.1.2: positions start at zero and are inclusive.
            ("bytes=0-0", 0..1),
            ("bytes=0-499", 0..500),
            ("bytes=500-999", 500..1000),
            // The end may be left out, or lie behind the last byte.
            ("bytes=9500-", 9500..10_000),
            ("bytes=0-", 0..10_000),
            ("bytes=9999-", 9999..10_000),
            ("bytes=9500-20000", 9500..10_000),
            // A suffix longer than there is means everything.
            ("bytes=-500", 9500..10_000),
            ("bytes=-20000", 0..10_000),
            // Section 14.1: units are case-insensitive.
            ("BYTES=1-2", 1..3),
            // Section 5.6.1.2: empty elements are passed over, and so is space around commas.
            ("bytes=,1-2 \t, ,", 1..3),
            // Section 14.1.1: any number of digits, which must not overflow.
            ("bytes=0000000000000000000000001-2", 1..3),
            ("bytes=1-99999999999999999999999999", 1..10_000),
            ("bytes=1-18446744073709551615", 1..10_000),
            ("bytes=-99999999999999999999999999", 0..10_000),
            // One of several that can be satisfied.
            ("bytes=10000-,1-2", 1..3),
        ] {
            assert_eq!(ranged(field, 10_000), Ranged::Part(part), "{field}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_passed_over() {
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
            // Invalid: the last before the first.
            "bytes=2-1",
            "bytes=0-1,2-1",
            // Section 14.2: an origin server MUST ignore a unit it does not understand.
            "lines=1-2",
            "bytes2=1-2",
        ] {
            assert_eq!(ranged(field, 10_000), Ranged::Whole, "{field}");
        }
        let not_ascii = HeaderValue::from_bytes(b"bytes=1-2\xff").unwrap();
        assert_eq!(Ranged::of(&not_ascii, 10_000), Ranged::Whole);
    }

    #[test]
    fn several_ranges_are_answered_with_the_whole() {
        for field in [
            "bytes=0-1,5-6",
            "bytes=0-1,0-1",
            "bytes=0-5,3-",
            "bytes=0-,-1",
        ] {
            assert_eq!(ranged(field, 10_000), Ranged::Whole, "{field}");
        }
    }

    #[test]
    fn what_begins_behind_the_end_can_not_be_satisfied() {
        for field in [
            // Section 14.1.2: satisfiable is a first position below the length, or a suffix that is
            // not empty.
            "bytes=10000-",
            "bytes=10000-10001",
            "bytes=-0",
            "bytes=99999999999999999999999999-",
            "bytes=99999999999999999999999998-99999999999999999999999999",
            "bytes=10000-,-0",
        ] {
            assert_eq!(ranged(field, 10_000), Ranged::Unsatisfiable, "{field}");
        }
    }

    #[test]
    fn of_an_empty_body_there_is_no_part() {
        assert_eq!(ranged("bytes=0-", 0), Ranged::Unsatisfiable);
        assert_eq!(ranged("bytes=-5", 0), Ranged::Whole);
    }

    #[test]
    fn a_part_says_which_it_is_and_has_both_digests() {
        let whole = flag();
        let part = part(&whole, 700..1000);
        assert_eq!(part.status, 206);
        assert_eq!(
            part.headers["content-range"],
            format!("bytes 700-999/{}", whole.body.len())
        );
        assert_eq!(
            part.headers["content-digest"],
            ContentDigest::from_body(&whole.body[700..1000]).to_string()
        );
        assert_eq!(
            part.headers["repr-digest"],
            ContentDigest::from_body(&whole.body).to_string()
        );
        for same in ["etag", "content-type", "accept-ranges"] {
            assert_eq!(part.headers[same], whole.headers[same]);
        }
    }

    #[test]
    fn a_corrupt_part_differs_within_the_part_and_keeps_the_digest_of_the_true_one() {
        let true_part = part(&flag(), 700..1000);
        let corrupt = true_part.clone().corrupt(3, 7);
        let differing = true_part.body.iter().zip(&corrupt.body);
        let bits: u32 = differing.map(|(a, b)| (a ^ b).count_ones()).sum();
        assert_eq!((corrupt.body.len(), bits), (300, 3));
        assert_eq!(corrupt.headers, true_part.headers);
    }

    proptest! {
        #[test]
        fn nothing_panics_and_a_part_lies_within_the_body(
            field in proptest::collection::vec(any::<u8>(), 0..40),
            near in "(?i:bytes) ?= ?[0-9, \t-]{0,40}",
            length in 0_usize..300,
        ) {
            for field in [field, near.into_bytes()] {
                let Ok(field) = HeaderValue::from_bytes(&field) else { continue };
                if let Ranged::Part(part) = Ranged::of(&field, length) {
                    prop_assert!(part.start < part.end && part.end <= length);
                }
            }
        }

        #[test]
        fn the_part_is_the_slice(a in 0_usize..60_000, more in 0_usize..60_000) {
            let whole = flag();
            let (b, length) = (a + more, whole.body.len());
            let expected = if a < length { Ranged::Part(a..length.min(b + 1)) } else { Ranged::Unsatisfiable };
            let ranged = ranged(&format!("bytes={a}-{b}"), length);
            prop_assert_eq!(&ranged, &expected);
            if let Ranged::Part(range) = ranged {
                prop_assert_eq!(&part(&whole, range.clone()).body[..], &whole.body[range]);
            }
        }

        #[test]
        fn the_parts_joined_are_the_whole(cuts in proptest::collection::vec(1_usize..11_000, 0..5)) {
            let whole = flag();
            let mut places = vec![0, whole.body.len()];
            places.extend(cuts);
            places.sort_unstable();
            places.dedup();
            let mut joined = Vec::new();
            for pair in places.windows(2) {
                let field = format!("bytes={}-{}", pair[0], pair[1] - 1);
                let Ranged::Part(range) = ranged(&field, whole.body.len()) else {
                    panic!("{field}")
                };
                let part = part(&whole, range);
                prop_assert_eq!(&part.headers["repr-digest"], &whole.headers["content-digest"]);
                joined.extend_from_slice(&part.body);
            }
            prop_assert_eq!(ContentDigest::from_body(&joined).to_string(), whole.headers["content-digest"].to_str().unwrap());
        }
    }
}
