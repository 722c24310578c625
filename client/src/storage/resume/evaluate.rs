//! What an exchange amounts to, given what was there before it, and what is there after it.

use crate::storage::resume::{CachedFile, LocalCopy, MergeError, PartialBody, PartialResponse};
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::ContentDigest;
use flagpole_protocol::Outcome;
use flagpole_protocol::StrongETag;

/// What is to become of the start of a body that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum PartialUpdate {
    /// It stays as it is, or there is none.
    #[default]
    Unchanged,
    /// This is to be kept in its place.
    Replace(PartialBody),
    /// It is of no more use.
    Remove,
}

impl LocalCopy {
    /// Judges an exchange that was asked for on [`conditions`](LocalCopy::conditions): a 206 that brings the
    /// rest becomes the whole body. `None` if it is to be judged as any other.
    pub(crate) fn evaluate(
        &self,
        exchange: &mut RawResponse,
        limit: usize,
    ) -> (Option<Outcome>, PartialUpdate) {
        let body = match &exchange.result {
            Ok(body) => body.clone(),
            Err(_) => return (None, self.broken_off(exchange, limit)),
        };
        match (exchange.status, &self.present, &self.partial) {
            (Some(304), Some(present), _) if is_of(exchange, present) => {
                (Some(Outcome::NotModified), PartialUpdate::Remove)
            }
            (Some(206), _, Some(_)) if !is_whole(exchange, &body) => {
                (Some(Outcome::Corrupt), PartialUpdate::Remove)
            }
            (Some(206), _, Some(partial)) => match partial.join(&answer(exchange), body, limit) {
                Ok(whole) => {
                    exchange.result = Ok(whole);
                    (Some(Outcome::Ok), PartialUpdate::Unchanged)
                }
                Err(refusal) => (Some(outcome(&refusal)), after(refusal)),
            },
            (Some(416), _, Some(_)) => (None, PartialUpdate::Remove),
            _ => (None, PartialUpdate::Unchanged),
        }
    }

    /// Whether an attempt came to this because of its conditions, so that the same without any is worth
    /// asking: a rest of another version or another range, no such range, or what is there called
    /// unchanged by another name.
    pub(crate) fn is_conditional_failure(&self, outcome: &Outcome) -> bool {
        !self.is_empty() && matches!(outcome, Outcome::Http(206 | 304 | 416))
    }

    /// What there is now of a body that broke off.
    fn broken_off(&self, exchange: &RawResponse, limit: usize) -> PartialUpdate {
        if exchange.result == Err(Outcome::TooLarge) || exchange.unusable {
            return PartialUpdate::Unchanged;
        }
        let begun = exchange.partial_body.clone().unwrap_or_default();
        match (exchange.status, &self.partial) {
            (Some(200), _) => begin(exchange, begun),
            (Some(206), Some(partial)) => {
                match partial.extended(&answer(exchange), &begun, limit) {
                    Ok(longer) => PartialUpdate::Replace(longer),
                    Err(refusal) => after(refusal),
                }
            }
            _ => PartialUpdate::Unchanged,
        }
    }
}

/// Whether a 304 names what is there: a true one does (RFC 9110 section 15.4.5), and no other is to make
/// a damaged file pass for a whole one. It may call it by a weak tag, as `If-None-Match` is compared
/// weakly (section 13.1.2).
fn is_of(exchange: &RawResponse, present: &CachedFile) -> bool {
    let named = exchange.etag.as_deref().map(str::trim);
    let named = named.map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
    named.and_then(StrongETag::strong).as_ref() == Some(&present.etag)
}

/// Whether the bytes of a rest are those that were sent: its `Content-Digest` is its own.
fn is_whole(exchange: &RawResponse, rest: &[u8]) -> bool {
    let is_true = |digest| ContentDigest::of(rest) == digest;
    !exchange.unusable && exchange.digest.is_none_or(is_true)
}

fn begin(exchange: &RawResponse, begun: Bytes) -> PartialUpdate {
    let etag = exchange.etag.as_deref().unwrap_or_default();
    let digest = exchange.repr_digest.or(exchange.digest);
    let partial = PartialBody::from_response(etag, exchange.length, digest, begun);
    partial.map_or(PartialUpdate::Unchanged, PartialUpdate::Replace)
}

fn answer(exchange: &RawResponse) -> PartialResponse<'_> {
    PartialResponse {
        status: exchange.status.unwrap_or_default(),
        etag: exchange.etag.as_deref(),
        content_range: exchange.content_range.as_deref(),
        repr_digest: exchange.repr_digest,
    }
}

fn after(refusal: MergeError) -> PartialUpdate {
    match refusal {
        MergeError::Incomplete(longer) => PartialUpdate::Replace(longer),
        spoilt if spoilt.is_spoilt() => PartialUpdate::Remove,
        _ => PartialUpdate::Unchanged,
    }
}

/// A rest that is not the true one is corrupt; what was not asked for, or can not be told from that, is a 206
/// like any other.
fn outcome(refusal: &MergeError) -> Outcome {
    match refusal {
        MergeError::Status(status) => Outcome::from_status(*status),
        MergeError::Unsatisfiable => Outcome::Http(416),
        MergeError::TooLarge => Outcome::TooLarge,
        MergeError::Incomplete(_) => Outcome::IncompleteBody,
        MergeError::Version | MergeError::Range | MergeError::Unproven => Outcome::Http(206),
        MergeError::Corrupt => Outcome::Corrupt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::gif::tests::SMALLEST;
    use flagpole_protocol::ContentDigest;
    use flagpole_protocol::TimeoutKind;
    use std::time::Duration;

    const WHOLE: &[u8] = b"0123456789";
    const LIMIT: usize = 100;

    /// An exchange with this head, whose body came whole.
    fn whole(status: u16, body: &'static [u8]) -> RawResponse {
        RawResponse {
            status: Some(status),
            repr_digest: Some(ContentDigest::of(WHOLE)),
            length: Some(10),
            etag: Some("\"v1\"".to_owned()),
            content_range: (status == 206).then(|| "bytes 4-9/10".to_owned()),
            bytes: body.len() as u64,
            result: Ok(Bytes::from_static(body)),
            ..RawResponse::default()
        }
    }

    /// The same, but it broke off behind these bytes.
    fn broken(status: u16, body: &'static [u8], why: Outcome) -> RawResponse {
        RawResponse {
            partial_body: Some(Bytes::from_static(body)),
            result: Err(why),
            ..whole(status, body)
        }
    }

    fn start(have: usize) -> PartialBody {
        let body = Bytes::from_static(&WHOLE[..have]);
        PartialBody::from_response("\"v1\"", Some(10), Some(ContentDigest::of(WHOLE)), body)
            .unwrap()
    }

    fn left(have: usize) -> LocalCopy {
        LocalCopy {
            present: None,
            partial: Some(start(have)),
        }
    }

    /// The start of a GIF, and what is to be the rest of it; nobody gave a digest of the whole.
    fn undigested(rest: &'static [u8]) -> (LocalCopy, RawResponse) {
        let length = Some(SMALLEST.len() as u64);
        let body = Bytes::from_static(&SMALLEST[..4]);
        let left = LocalCopy {
            present: None,
            partial: PartialBody::from_response("\"v1\"", length, None, body),
        };
        let rest = RawResponse {
            repr_digest: None,
            content_range: Some("bytes 4-28/29".to_owned()),
            ..whole(206, rest)
        };
        (left, rest)
    }

    fn there() -> LocalCopy {
        LocalCopy {
            present: Some(CachedFile {
                etag: StrongETag::strong("\"v1\"").unwrap(),
                bytes: 10,
            }),
            partial: Some(start(4)),
        }
    }

    fn judge(left: &LocalCopy, mut exchange: RawResponse) -> (Option<Outcome>, PartialUpdate) {
        left.evaluate(&mut exchange, LIMIT)
    }

    #[test]
    fn the_rest_becomes_the_whole() {
        let mut exchange = whole(206, b"456789");
        let judged = left(4).evaluate(&mut exchange, LIMIT);
        assert_eq!(judged, (Some(Outcome::Ok), PartialUpdate::Unchanged));
        assert_eq!(exchange.result.unwrap(), WHOLE);
        assert_eq!(exchange.bytes, 6, "what was there did not arrive");
    }

    #[test]
    fn a_rest_that_is_none_is_no_body_and_ends_what_was_begun() {
        let corrupt = judge(&left(4), whole(206, b"45678x"));
        assert_eq!(corrupt, (Some(Outcome::Corrupt), PartialUpdate::Remove));
        let mut other = whole(206, b"456789");
        other.etag = Some("\"v2\"".to_owned());
        let judged = judge(&left(4), other);
        assert_eq!(judged, (Some(Outcome::Http(206)), PartialUpdate::Remove));
        let mut elsewhere = whole(206, b"456789");
        elsewhere.content_range = Some("bytes 3-8/10".to_owned());
        let judged = judge(&left(4), elsewhere);
        assert_eq!(judged, (Some(Outcome::Http(206)), PartialUpdate::Remove));
        let large = left(4).evaluate(&mut whole(206, b"456789"), 9);
        assert_eq!(large, (Some(Outcome::TooLarge), PartialUpdate::Remove));
        let mut short = whole(206, b"45");
        short.content_range = Some("bytes 4-5/10".to_owned());
        let kept = PartialUpdate::Replace(start(6));
        assert_eq!(
            judge(&left(4), short),
            (Some(Outcome::IncompleteBody), kept)
        );
    }

    #[test]
    fn a_rest_has_a_digest_of_its_own() {
        let (left, mut rest) = undigested(&SMALLEST[4..]);
        rest.digest = Some(ContentDigest::of(&SMALLEST[4..]));
        assert_eq!(judge(&left, rest.clone()).0, Some(Outcome::Ok));
        let corrupt = (Some(Outcome::Corrupt), PartialUpdate::Remove);
        rest.digest = Some(ContentDigest::of(b"45678x"));
        assert_eq!(judge(&left, rest.clone()), corrupt);
        (rest.digest, rest.unusable) = (None, true);
        assert_eq!(judge(&left, rest), corrupt);
    }

    #[test]
    fn a_rest_that_nobody_vouches_for_makes_a_whole_gif_or_nothing() {
        let (left, rest) = undigested(&SMALLEST[4..]);
        assert_eq!(judge(&left, rest).0, Some(Outcome::Ok));
        let (left, rest) = undigested(&[0xff; SMALLEST.len() - 4]);
        let refused = judge(&left, rest);
        assert_eq!(refused, (Some(Outcome::Http(206)), PartialUpdate::Remove));
    }

    #[test]
    fn conditions_are_to_blame_for_what_only_they_bring() {
        let blamed = [206, 304, 416].map(Outcome::Http);
        let others = [
            Outcome::Corrupt,
            Outcome::Http(503),
            Outcome::Ok,
            Outcome::NotModified,
        ];
        for outcome in &blamed {
            assert!(
                left(4).is_conditional_failure(outcome) && there().is_conditional_failure(outcome)
            );
            assert!(
                !LocalCopy::default().is_conditional_failure(outcome),
                "{outcome}"
            );
        }
        assert!(
            !others
                .iter()
                .any(|outcome| left(4).is_conditional_failure(outcome))
        );
    }

    #[test]
    fn what_was_not_asked_for_is_judged_as_any_other() {
        for status in [206, 304, 416, 200, 503] {
            let judged = judge(&LocalCopy::default(), whole(status, b"456789"));
            assert_eq!(judged, (None, PartialUpdate::Unchanged), "{status}");
        }
        assert_eq!(
            judge(&left(4), whole(304, b"")),
            (None, PartialUpdate::Unchanged)
        );
        assert_eq!(
            judge(&left(4), whole(200, WHOLE)),
            (None, PartialUpdate::Unchanged)
        );
        assert_eq!(
            judge(&left(4), whole(416, b"")),
            (None, PartialUpdate::Remove)
        );
    }

    #[test]
    fn unchanged_is_only_what_the_answer_names() {
        let unchanged = (Some(Outcome::NotModified), PartialUpdate::Remove);
        assert_eq!(judge(&there(), whole(304, b"")), unchanged);
        let mut weak = whole(304, b"");
        weak.etag = Some("W/\"v1\"".to_owned());
        assert_eq!(judge(&there(), weak), unchanged);
        for etag in [None, Some("\"v2\""), Some("W/\"v2\""), Some("W/v1")] {
            let mut exchange = whole(304, b"");
            exchange.etag = etag.map(str::to_owned);
            assert_eq!(
                judge(&there(), exchange),
                (None, PartialUpdate::Unchanged),
                "{etag:?}"
            );
        }
    }

    #[test]
    fn what_breaks_off_is_kept_however_it_does() {
        let late = Outcome::Timeout(TimeoutKind::Total, Duration::from_secs(1));
        for why in [
            Outcome::IncompleteBody,
            Outcome::ConnectionReset,
            late,
            Outcome::Cancelled,
        ] {
            let first = judge(&LocalCopy::default(), broken(200, b"0123", why.clone()));
            assert_eq!(first, (None, PartialUpdate::Replace(start(4))));
            let more = judge(&left(4), broken(206, b"45", why));
            assert_eq!(more, (None, PartialUpdate::Replace(start(6))));
        }
    }

    #[test]
    fn another_version_that_breaks_off_takes_the_place_of_the_first() {
        let mut exchange = broken(200, b"ab", Outcome::ConnectionReset);
        exchange.etag = Some("\"v2\"".to_owned());
        let (_, part) = judge(&left(4), exchange);
        assert!(matches!(part, PartialUpdate::Replace(part) if part.etag().as_str() == "\"v2\""));
    }

    #[test]
    fn what_can_not_be_gone_on_with_is_not_kept() {
        let first = |exchange| judge(&LocalCopy::default(), exchange);
        let stay = (None, PartialUpdate::Unchanged);
        assert_eq!(first(broken(200, b"", Outcome::IncompleteBody)), stay);
        assert_eq!(first(broken(500, b"0123", Outcome::IncompleteBody)), stay);
        assert_eq!(first(broken(206, b"0123", Outcome::IncompleteBody)), stay);
        let mut weak = broken(200, b"0123", Outcome::IncompleteBody);
        weak.etag = Some("W/\"v1\"".to_owned());
        assert_eq!(first(weak), stay);
        let mut endless = broken(200, b"0123", Outcome::TooLarge);
        endless.length = None;
        assert_eq!(first(endless), stay);
        let mut coded = broken(200, b"0123", Outcome::IncompleteBody);
        coded.unusable = true;
        assert_eq!(first(coded), stay);
        let spoilt = broken(206, b"456789x", Outcome::ConnectionReset);
        assert_eq!(judge(&left(4), spoilt), (None, PartialUpdate::Remove));
    }
}
