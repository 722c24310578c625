//! Responses to conditional requests, complete and incomplete.

use super::*;
use crate::storage::gif::tests::SMALLEST;
use flagpole_protocol::{EntityTag, TimeoutKind};
use proptest::prelude::*;
use std::time::Duration;

const WHOLE: &[u8] = b"0123456789";
const LIMIT: usize = 100;

fn tag(text: &str) -> EntityTag {
    EntityTag::parse(text).unwrap()
}

fn range(text: &str) -> ContentRange {
    ContentRange::parse(text).unwrap()
}

/// A response with this status and a complete body.
fn complete(status: u16, body: &'static [u8]) -> RawResponse {
    RawResponse {
        status: Some(status),
        repr_digest: Some(ContentDigest::from_body(WHOLE)),
        length: Some(10),
        etag: Some(tag("\"v1\"")),
        content_range: (status == 206).then(|| range("bytes 4-9/10")),
        bytes: body.len() as u64,
        result: Ok(Bytes::from_static(body)),
        ..RawResponse::default()
    }
}

/// The same, but the body broke off after these bytes.
fn broken(status: u16, body: &'static [u8], why: Outcome) -> RawResponse {
    RawResponse {
        partial_body: Some(Bytes::from_static(body)),
        result: Err(why),
        ..complete(status, body)
    }
}

fn start(length: usize) -> PartialBody {
    let body = Bytes::from_static(&WHOLE[..length]);
    let digest = ContentDigest::from_body(WHOLE);
    PartialBody::new(tag("\"v1\""), Some(10), Some(digest), body).unwrap()
}

fn local(length: usize) -> LocalCopy {
    LocalCopy {
        cached: None,
        partial: Some(start(length)),
    }
}

/// The local copy of the start of a GIF without a digest, and a response with the rest.
fn undigested(rest: &'static [u8]) -> (LocalCopy, RawResponse) {
    let length = Some(SMALLEST.len() as u64);
    let body = Bytes::from_static(&SMALLEST[..4]);
    let local = LocalCopy {
        cached: None,
        partial: PartialBody::new(tag("\"v1\""), length, None, body),
    };
    let rest = RawResponse {
        repr_digest: None,
        content_range: Some(range("bytes 4-28/29")),
        ..complete(206, rest)
    };
    (local, rest)
}

fn cached_and_partial() -> LocalCopy {
    LocalCopy {
        cached: Some(tag("\"v1\"")),
        partial: Some(start(4)),
    }
}

fn evaluate(local: &LocalCopy, mut response: RawResponse) -> (Option<Outcome>, PartialUpdate) {
    local.evaluate_conditional(&mut response, LIMIT)
}

#[test]
fn status_206_completes_the_body() {
    let mut response = complete(206, b"456789");
    let evaluated = local(4).evaluate_conditional(&mut response, LIMIT);
    assert_eq!(evaluated, (Some(Outcome::Ok), PartialUpdate::Unchanged));
    assert_eq!(response.result.unwrap(), WHOLE);
    assert_eq!(response.bytes, 6, "the local bytes did not arrive");
}

#[test]
fn invalid_206_discards_the_partial_body() {
    let corrupt = evaluate(&local(4), complete(206, b"45678x"));
    assert_eq!(corrupt, (Some(Outcome::Corrupt), PartialUpdate::Remove));
    let mut other = complete(206, b"456789");
    other.etag = Some(tag("\"v2\""));
    let evaluated = evaluate(&local(4), other);
    assert_eq!(evaluated, (Some(Outcome::Http(206)), PartialUpdate::Remove));
    let mut elsewhere = complete(206, b"456789");
    elsewhere.content_range = Some(range("bytes 3-8/10"));
    let evaluated = evaluate(&local(4), elsewhere);
    assert_eq!(evaluated, (Some(Outcome::Http(206)), PartialUpdate::Remove));
    let large = local(4).evaluate_conditional(&mut complete(206, b"456789"), 9);
    assert_eq!(large, (Some(Outcome::TooLarge), PartialUpdate::Remove));
    let mut short = complete(206, b"45");
    short.content_range = Some(range("bytes 4-5/10"));
    let longer = PartialUpdate::Replace(start(6));
    assert_eq!(
        evaluate(&local(4), short),
        (Some(Outcome::IncompleteBody), longer)
    );
}

#[test]
fn content_digest_of_a_206_is_checked() {
    let (local, mut rest) = undigested(&SMALLEST[4..]);
    rest.digest = Some(ContentDigest::from_body(&SMALLEST[4..]));
    assert_eq!(evaluate(&local, rest.clone()).0, Some(Outcome::Ok));
    let corrupt = (Some(Outcome::Corrupt), PartialUpdate::Remove);
    rest.digest = Some(ContentDigest::from_body(b"45678x"));
    assert_eq!(evaluate(&local, rest.clone()), corrupt);
    (rest.digest, rest.has_malformed_digest) = (None, true);
    assert_eq!(evaluate(&local, rest), corrupt);
}

#[test]
fn undigested_206_must_complete_a_gif() {
    let (local, rest) = undigested(&SMALLEST[4..]);
    assert_eq!(evaluate(&local, rest).0, Some(Outcome::Ok));
    let (local, rest) = undigested(&[0xff; SMALLEST.len() - 4]);
    let unverifiable = evaluate(&local, rest);
    assert_eq!(
        unverifiable,
        (Some(Outcome::Http(206)), PartialUpdate::Remove)
    );
}

#[test]
fn conditional_failures_are_206_304_and_416() {
    let conditional = [206, 304, 416].map(Outcome::Http);
    let others = [
        Outcome::Corrupt,
        Outcome::Http(503),
        Outcome::Ok,
        Outcome::NotModified,
    ];
    for outcome in &conditional {
        assert!(
            local(4).is_conditional_failure(outcome)
                && cached_and_partial().is_conditional_failure(outcome)
        );
        assert!(
            !LocalCopy::default().is_conditional_failure(outcome),
            "{outcome}"
        );
    }
    assert!(
        !others
            .iter()
            .any(|outcome| local(4).is_conditional_failure(outcome))
    );
}

#[test]
fn unsolicited_statuses_are_not_evaluated() {
    for status in [206, 304, 416, 200, 503] {
        let evaluated = evaluate(&LocalCopy::default(), complete(status, b"456789"));
        assert_eq!(evaluated, (None, PartialUpdate::Unchanged), "{status}");
    }
    assert_eq!(
        evaluate(&local(4), complete(304, b"")),
        (None, PartialUpdate::Unchanged)
    );
    assert_eq!(
        evaluate(&local(4), complete(200, WHOLE)),
        (None, PartialUpdate::Unchanged)
    );
    for unsatisfiable in [
        complete(416, b""),
        broken(416, b"no", Outcome::ConnectionReset),
        broken(416, b"", Outcome::TooLarge),
    ] {
        let evaluated = evaluate(&local(4), unsatisfiable);
        assert_eq!(evaluated, (None, PartialUpdate::Remove));
    }
}

#[test]
fn status_304_must_name_the_cached_version() {
    let not_modified = (Some(Outcome::NotModified), PartialUpdate::Remove);
    assert_eq!(
        evaluate(&cached_and_partial(), complete(304, b"")),
        not_modified
    );
    let mut weak = complete(304, b"");
    weak.etag = Some(tag("W/\"v1\""));
    assert_eq!(evaluate(&cached_and_partial(), weak), not_modified);
    for etag in [None, Some("\"v2\""), Some("W/\"v2\"")] {
        let mut response = complete(304, b"");
        response.etag = etag.map(tag);
        assert_eq!(
            evaluate(&cached_and_partial(), response),
            (None, PartialUpdate::Unchanged),
            "{etag:?}"
        );
    }
}

#[test]
fn incomplete_bodies_are_kept_for_every_failure() {
    let late = Outcome::Timeout(TimeoutKind::Total, Duration::from_secs(1));
    for why in [
        Outcome::IncompleteBody,
        Outcome::ConnectionReset,
        late,
        Outcome::Cancelled,
    ] {
        let first = evaluate(&LocalCopy::default(), broken(200, b"0123", why.clone()));
        assert_eq!(first, (None, PartialUpdate::Replace(start(4))));
        let more = evaluate(&local(4), broken(206, b"45", why));
        assert_eq!(more, (None, PartialUpdate::Replace(start(6))));
    }
}

#[test]
fn incomplete_body_of_another_version_replaces_the_partial_body() {
    let mut response = broken(200, b"ab", Outcome::ConnectionReset);
    response.etag = Some(tag("\"v2\""));
    let (_, part) = evaluate(&local(4), response);
    assert!(matches!(part, PartialUpdate::Replace(part) if part.etag == tag("\"v2\"")));
}

#[test]
fn unresumable_bodies_are_not_kept() {
    let first = |response| evaluate(&LocalCopy::default(), response);
    let ignored = (None, PartialUpdate::Unchanged);
    assert_eq!(first(broken(200, b"", Outcome::IncompleteBody)), ignored);
    assert_eq!(
        first(broken(500, b"0123", Outcome::IncompleteBody)),
        ignored
    );
    assert_eq!(
        first(broken(206, b"0123", Outcome::IncompleteBody)),
        ignored
    );
    let mut weak = broken(200, b"0123", Outcome::IncompleteBody);
    weak.etag = Some(tag("W/\"v1\""));
    assert_eq!(first(weak), ignored);
    let mut endless = broken(200, b"0123", Outcome::TooLarge);
    endless.length = None;
    assert_eq!(first(endless), ignored);
    let mut coded = broken(200, b"0123", Outcome::IncompleteBody);
    coded.content_coding = Some("gzip".to_owned());
    assert_eq!(first(coded), ignored);
    let invalid = broken(206, b"456789x", Outcome::ConnectionReset);
    assert_eq!(evaluate(&local(4), invalid), (None, PartialUpdate::Remove));
}

/// The complete body, given the rest in a 206 with this `Content-Range`.
fn merge(length: usize, content_range: &str, rest: &'static [u8]) -> Result<Bytes, Failure> {
    start(length).merge(&part(content_range), rest, LIMIT)
}

/// A 206 without a digest.
fn part(content_range: &str) -> RawResponse {
    RawResponse {
        repr_digest: None,
        content_range: ContentRange::parse(content_range),
        ..complete(206, b"")
    }
}

#[test]
fn matching_range_completes_the_body() {
    for range in ["bytes 4-9/10", "bytes 4-9/*"] {
        assert_eq!(merge(4, range, b"456789").unwrap(), WHOLE);
    }
}

#[test]
fn shorter_range_extends_the_partial_body() {
    let (outcome, update) = *merge(4, "bytes 4-5/10", b"45").unwrap_err();
    assert_eq!(outcome, Outcome::IncompleteBody);
    assert_eq!(update, PartialUpdate::Replace(start(6)));
    assert_eq!(merge(6, "bytes 6-9/10", b"6789").unwrap(), WHOLE);
}

#[test]
fn incomplete_range_extends_the_partial_body() {
    let longer = start(4).extend(&part("bytes 4-9/10"), b"45", LIMIT);
    assert_eq!(longer.unwrap(), start(6));
    let too_long = start(4).extend(&part("bytes 4-5/10"), b"456", LIMIT);
    assert_eq!(too_long, Err(discarded(Outcome::Http(206))));
}

#[test]
fn wrong_ranges_are_rejected() {
    for (range, body) in [
        ("bytes 0-9/10", WHOLE),
        ("bytes 3-9/10", b"3456789"),
        ("bytes 5-9/10", b"56789"),
        ("bytes 4-9/11", b"456789"),
        ("bytes 4-10/11", b"456789x"),
        ("bytes 4-10/*", b"456789x"),
        ("bytes 4-9/10", b"45678"),
        ("bytes 4-9/10", b"456789x"),
        ("bytes */10", b"456789"),
        ("nonsense", b"456789"),
    ] {
        let rejected = Err(discarded(Outcome::Http(206)));
        assert_eq!(merge(4, range, body), rejected, "{range}");
    }
}

#[test]
fn parts_of_two_versions_are_never_merged() {
    let good = part("bytes 4-9/10");
    let merge = |response: &RawResponse, rest| start(4).merge(response, rest, LIMIT);
    let rejected = Err(discarded(Outcome::Http(206)));
    for etag in [None, Some("\"v2\""), Some("W/\"v1\"")] {
        let etag = etag.map(tag);
        let other = RawResponse {
            etag,
            ..good.clone()
        };
        assert_eq!(merge(&other, b"456789"), rejected);
    }
    let repr_digest = Some(ContentDigest::from_body(b"other"));
    let other = RawResponse {
        repr_digest,
        ..good.clone()
    };
    assert_eq!(merge(&other, b"456789"), rejected);
    let corrupt = Err(discarded(Outcome::Corrupt));
    assert_eq!(merge(&good, b"45678x"), corrupt);
}

#[test]
fn digest_of_the_second_response_is_checked() {
    let body = Bytes::from_static(b"0123");
    let undigested = PartialBody::new(tag("\"v1\""), None, None, body).unwrap();
    let digested = RawResponse {
        repr_digest: Some(ContentDigest::from_body(WHOLE)),
        ..part("bytes 4-9/10")
    };
    let merge = |response: &RawResponse, rest| undigested.merge(response, rest, LIMIT);
    assert_eq!(merge(&digested, b"456789").unwrap(), WHOLE);
    assert_eq!(
        merge(&digested, b"45678x"),
        Err(discarded(Outcome::Corrupt))
    );
    for range in ["bytes 4-9/10", "bytes 4-9/*"] {
        let unverifiable = merge(&part(range), b"456789");
        assert_eq!(unverifiable, Err(discarded(Outcome::Http(206))), "{range}");
    }
}

proptest! {
    #[test]
    fn merged_body_is_correct_or_rejected_for_any_range(
        length in 1_usize..29,
        from in prop::option::of(0_usize..=29),
        (first, last) in (prop::option::of(0_u64..31), 26_u64..31),
        whole in prop::option::of(28_u64..31),
        to in 26_usize..=29,
        knows_whole: bool,
    ) {
        const WHOLE: &[u8] = SMALLEST;
        let (from, first) = (from.unwrap_or(length), first.unwrap_or(length as u64));
        let body = Bytes::from_static(&WHOLE[..length]);
        let known = knows_whole.then_some(29);
        let partial = PartialBody::new(tag("\"v1\""), known, None, body).unwrap();
        let total = whole.map_or("*".to_owned(), |whole| whole.to_string());
        let range = format!("bytes {first}-{last}/{total}");
        let sent = Bytes::from_static(&WHOLE[from.min(to)..to]);
        let is_true = sent == WHOLE[length..] && first == length as u64 && last == 28;
        match partial.merge(&part(&range), &sent, LIMIT) {
            Ok(merged) => {
                prop_assert_eq!(merged.len() as u64, known.or(whole).unwrap());
                prop_assert_eq!(first, length as u64);
                prop_assert_eq!(merged, [&WHOLE[..length], &sent].concat());
            }
            Err(failure) if failure.0 == Outcome::IncompleteBody => {
                let PartialUpdate::Replace(longer) = failure.1 else { panic!("{:?}", failure.1) };
                prop_assert!(longer.complete_length.unwrap() > longer.length());
                prop_assert_eq!(longer.body, [&WHOLE[..length], &sent].concat());
            }
            Err(_) => prop_assert!(!(is_true && (whole == Some(29) || (whole.is_none() && knows_whole)))),
        }
    }

    #[test]
    fn digest_excludes_wrong_bytes(length in 1_usize..10, lie: Vec<u8>, range in "bytes [0-9]-9/10") {
        if let Ok(merged) = start(length).merge(&part(&range), &lie, LIMIT) {
            prop_assert_eq!(merged, WHOLE);
        }
        let honest = part(&format!("bytes {length}-9/10"));
        prop_assert_eq!(start(length).merge(&honest, &WHOLE[length..], LIMIT).unwrap(), WHOLE);
    }
}
