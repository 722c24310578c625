//! What a request gets of the answer that is there for it: the preconditions and the range it asks
//! for (RFC 9110 sections 13 and 14).
//!
//! The site knows no modification dates, so `If-Modified-Since` and `If-Unmodified-Since` are passed
//! over, as sections 13.1.3 and 13.1.4 demand; everything rests on entity tags, and ours are strong.

use crate::content::site;
use crate::content::site::Answer;
use crate::http::range;
use crate::http::range::Ranged;
use flagpole_protocol::EntityTag;
use http::header::{CONTENT_TYPE, ETAG, GetAll, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::ops::Range;

/// The fields that ask for anything but the whole answer; `If-Range` does nothing alone.
static ASKING: [HeaderName; 3] = [IF_MATCH, IF_NONE_MATCH, RANGE];

/// What goes out in place of a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The answer as it is.
    Whole,
    /// These bytes of it.
    Part(Range<usize>),
    /// These bytes of it, to a client whose `If-Range` says that it has others.
    Rest(Range<usize>),
    /// Word that it has no such bytes.
    Unsatisfiable,
    /// Word that the client has it.
    NotModified,
    /// Word that it is not what the client takes it for.
    PreconditionFailed,
}

impl Selection {
    /// What a request gets of the answer that is there for it, in the order of section 13.2.2.
    pub(crate) fn of(method: &Method, headers: &HeaderMap, whole: &Answer) -> Selection {
        // Most requests have few fields and none of these: to pass over all names is cheaper than to
        // look each of these up.
        if !headers.keys().any(|name| ASKING.contains(name)) {
            return Selection::Whole;
        }
        // What is no success is not conditional (section 13.2.1), and only a success has a tag.
        let Some(tag) = whole.headers.get(ETAG) else {
            return Selection::Whole;
        };
        let ours = EntityTag::parse(tag.as_bytes());
        let ours = ours.expect("our entity tags are well-formed");
        let is_same = |field| holds(&headers.get_all(field), |one| one.matches_strongly(&ours));
        let is_held = |field| holds(&headers.get_all(field), |one| one.matches_weakly(&ours));
        if headers.contains_key(IF_MATCH) && !is_same(IF_MATCH) {
            return Selection::PreconditionFailed;
        }
        if is_held(IF_NONE_MATCH) {
            return Selection::NotModified;
        }
        // For HEAD no range is defined (section 14.2).
        match only(&headers.get_all(RANGE)) {
            Some(range) if method == Method::GET => ranged(headers, range, tag, whole.body.len()),
            _ => Selection::Whole,
        }
    }

    /// That answer.
    pub(crate) fn answer(&self, whole: &Answer) -> Answer {
        match self {
            Selection::Whole => whole.clone(),
            Selection::Part(range) => range::part(whole, range.clone()),
            Selection::Rest(range) => {
                let mut rest = range::part(whole, range.clone());
                // The client knows it (section 15.3.7). It may lack the digest of the whole.
                rest.headers.remove(CONTENT_TYPE);
                rest
            }
            Selection::Unsatisfiable => range::unsatisfiable(whole.body.len()),
            Selection::NotModified => not_modified(whole),
            Selection::PreconditionFailed => site::plain(StatusCode::PRECONDITION_FAILED),
        }
    }
}

/// What a range selects, if `If-Range` has nothing against it (section 13.1.5). By the strong
/// comparison only our tag to the letter will do: no weak one, and no date, as we know none.
fn ranged(headers: &HeaderMap, range: &HeaderValue, tag: &HeaderValue, length: usize) -> Selection {
    let is_continued = headers.contains_key(IF_RANGE);
    if is_continued && only(&headers.get_all(IF_RANGE)) != Some(tag) {
        return Selection::Whole;
    }
    match Ranged::of(range, length) {
        Ranged::Whole => Selection::Whole,
        Ranged::Part(range) if is_continued => Selection::Rest(range),
        Ranged::Part(range) => Selection::Part(range),
        Ranged::Unsatisfiable => Selection::Unsatisfiable,
    }
}

/// Of the fields of a whole answer a 304 has those of section 15.4.5, of which we have but the tag.
fn not_modified(whole: &Answer) -> Answer {
    let mut answer = site::plain(StatusCode::NOT_MODIFIED);
    if let Some(tag) = whole.headers.get(ETAG) {
        answer.headers.insert(ETAG, tag.clone());
    }
    answer
}

/// The value of a field that may stand once; one that is repeated is malformed (section 5.3).
fn only<'a>(fields: &GetAll<'a, HeaderValue>) -> Option<&'a HeaderValue> {
    let mut values = fields.iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether `*` or a tag of the list in these fields is ours. A malformed field holds nothing: then
/// what is asked for under `If-None-Match` is sent, and under `If-Match` it is not.
fn holds(fields: &GetAll<'_, HeaderValue>, is_ours: impl Fn(&EntityTag<'_>) -> bool) -> bool {
    fields.iter().any(|field| {
        let tags = || EntityTag::parse_list(field.as_bytes()).unwrap_or_default();
        field == "*" || tags().iter().any(&is_ours)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use proptest::prelude::*;

    const OURS: &str = "\"a,b\"";

    fn whole() -> Answer {
        let headers = HeaderMap::from_iter([
            (ETAG, HeaderValue::from_static(OURS)),
            (CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        ]);
        Answer {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(b"0123456789"),
            reason: None,
        }
    }

    fn asked(method: &Method, fields: &[(&str, &str)], whole: &Answer) -> Selection {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        Selection::of(method, &headers, whole)
    }

    fn got(fields: &[(&str, &str)]) -> Selection {
        asked(&Method::GET, fields, &whole())
    }

    #[test]
    fn if_none_match_tells_whether_the_client_has_it() {
        use Selection::{NotModified, Whole};
        for (field, expected) in [
            // Section 13.1.2: `*`, or a list with ours in it; the comparison is weak.
            ("*", NotModified),
            (OURS, NotModified),
            ("W/\"a,b\"", NotModified),
            ("\"x\", \"a,b\"", NotModified),
            ("\"x\",\"a,b\",W/\"y\"", NotModified),
            ("\"x,\" , \"a,b\"", NotModified),
            ("\"\", \"a,b\"", NotModified),
            ("\"\\\", \"a,b\"", NotModified),
            // Section 5.6.1.2: empty elements.
            (", ,\t\"a,b\" ,,", NotModified),
            ("\"x\"", Whole),
            ("W/\"x\"", Whole),
            ("\"a\", \"b\"", Whole),
            ("\"A,B\"", Whole),
            ("\"x\", \"*\"", Whole),
            // Section 8.8.3: what is no entity tag.
            ("", Whole),
            ("a,b", Whole),
            ("w/\"a,b\"", Whole),
            ("W/ \"a,b\"", Whole),
            ("\"a,b", Whole),
            ("'a,b'", Whole),
            ("\"x\" \"a,b\"", Whole),
            ("\"x y\", \"a,b\"", Whole),
            ("*, \"a,b\"", Whole),
        ] {
            assert_eq!(got(&[("if-none-match", field)]), expected, "{field}");
        }
        // Section 5.3: the lines of a list are one list.
        let lines = [("if-none-match", "\"x\""), ("if-none-match", OURS)];
        assert_eq!(got(&lines), NotModified);
    }

    #[test]
    fn if_match_demands_that_it_is_the_same() {
        use Selection::{PreconditionFailed, Whole};
        for (field, expected) in [
            // Section 13.1.1: `*`, or a list with ours in it; the comparison is strong.
            ("*", Whole),
            (OURS, Whole),
            ("\"x\", \"a,b\"", Whole),
            ("W/\"a,b\"", PreconditionFailed),
            ("\"x\"", PreconditionFailed),
            ("a,b", PreconditionFailed),
            ("", PreconditionFailed),
        ] {
            assert_eq!(got(&[("if-match", field)]), expected, "{field}");
        }
    }

    #[test]
    fn if_range_gives_the_range_only_of_the_same() {
        use Selection::{Rest, Unsatisfiable, Whole};
        for (field, expected) in [
            // Section 13.1.5: the strong comparison, of one tag.
            (OURS, Rest(7..10)),
            ("W/\"a,b\"", Whole),
            ("\"x\"", Whole),
            ("\"x\", \"a,b\"", Whole),
            ("*", Whole),
            ("", Whole),
            // A date is false where there is none to compare it with.
            ("Sat, 29 Oct 1994 19:43:31 GMT", Whole),
        ] {
            let fields = [("range", "bytes=7-"), ("if-range", field)];
            assert_eq!(got(&fields), expected, "{field}");
        }
        // A range that is asked for conditionally and can not be satisfied (section 14.2).
        let behind = [("range", "bytes=10-"), ("if-range", OURS)];
        assert_eq!(got(&behind), Unsatisfiable);
        // Without a range it means nothing.
        assert_eq!(got(&[("if-range", OURS)]), Whole);
        // Section 5.3: fields that stand once.
        let twice = [("range", "bytes=7-"), ("range", "bytes=7-")];
        assert_eq!(got(&twice), Whole);
        let twice = [
            ("range", "bytes=7-"),
            ("if-range", OURS),
            ("if-range", OURS),
        ];
        assert_eq!(got(&twice), Whole);
    }

    #[test]
    fn the_order_is_that_of_section_13_2_2() {
        use Selection::{NotModified, Part, PreconditionFailed, Unsatisfiable, Whole};
        let (same, other) = (OURS, "\"x\"");
        let long_ago = "Sat, 29 Oct 1994 19:43:31 GMT";
        for (fields, expected) in [
            // Steps 1 and 3: If-Match comes before If-None-Match, both before Range.
            (
                &[("if-match", other), ("if-none-match", same)][..],
                PreconditionFailed,
            ),
            (&[("if-match", same), ("if-none-match", same)], NotModified),
            (&[("if-match", same), ("if-none-match", other)], Whole),
            (
                &[("if-match", other), ("range", "bytes=0-1")],
                PreconditionFailed,
            ),
            (&[("if-match", same), ("range", "bytes=0-1")], Part(0..2)),
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
                Part(0..2),
            ),
            (
                &[("if-none-match", other), ("range", "bytes=99-")],
                Unsatisfiable,
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
            (&[("if-unmodified-since", long_ago)], Whole),
            (&[("if-modified-since", long_ago)], Whole),
            (
                &[("if-unmodified-since", long_ago), ("range", "bytes=0-1")],
                Part(0..2),
            ),
            (
                &[("if-modified-since", long_ago), ("if-none-match", same)],
                NotModified,
            ),
        ] {
            assert_eq!(got(fields), expected, "{fields:?}");
        }
    }

    #[test]
    fn head_is_conditional_but_has_no_ranges() {
        let head = |fields: &[_]| asked(&Method::HEAD, fields, &whole());
        assert_eq!(head(&[("if-none-match", OURS)]), Selection::NotModified);
        assert_eq!(
            head(&[("if-match", "\"x\"")]),
            Selection::PreconditionFailed
        );
        for range in ["bytes=0-1", "bytes=99-"] {
            assert_eq!(head(&[("range", range)]), Selection::Whole, "{range}");
        }
    }

    #[test]
    fn what_is_no_success_ignores_all_of_it() {
        let lost = site::plain(StatusCode::NOT_FOUND);
        for field in [
            ("if-none-match", "*"),
            ("if-match", "\"x\""),
            ("range", "bytes=0-1"),
        ] {
            let selection = asked(&Method::GET, &[field], &lost);
            assert_eq!(selection, Selection::Whole, "{field:?}");
        }
    }

    #[test]
    fn the_answers_have_the_fields_of_their_status() {
        let names = |selection: Selection| {
            let answer = selection.answer(&whole());
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort_unstable();
            (answer.status.as_u16(), names.join(" "), answer.body)
        };
        let expected =
            |status, names: &str, body| (status, names.to_owned(), Bytes::from_static(body));
        // Section 15.4.5.
        assert_eq!(names(Selection::NotModified), expected(304, "etag", b""));
        // Section 15.3.7: with If-Range no more than must be.
        assert_eq!(
            names(Selection::Rest(7..10)),
            expected(206, "content-digest content-range etag", b"789")
        );
        assert_eq!(
            names(Selection::Part(7..10)),
            expected(
                206,
                "content-digest content-range content-type etag",
                b"789"
            )
        );
        // Section 15.5.17.
        assert_eq!(
            names(Selection::Unsatisfiable),
            expected(
                416,
                "content-range content-type",
                b"416 Range Not Satisfiable\n"
            )
        );
        assert_eq!(
            names(Selection::PreconditionFailed),
            expected(412, "content-type", b"412 Precondition Failed\n")
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(
            any in proptest::collection::vec(any::<u8>(), 0..30),
            near in "[W/\", ab*]{0,30}",
        ) {
            for value in [any, near.into_bytes()] {
                let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
                let names = [IF_MATCH, IF_NONE_MATCH, RANGE, IF_RANGE];
                for name in &names {
                    let range = (RANGE, HeaderValue::from_static("bytes=7-"));
                    let headers = HeaderMap::from_iter([range, (name.clone(), value.clone())]);
                    Selection::of(&Method::GET, &headers, &whole()).answer(&whole());
                }
            }
        }
    }
}
