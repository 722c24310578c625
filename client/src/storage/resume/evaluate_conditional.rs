//! Evaluates a 206, 304 or 416 (or an incomplete body) against the local copy: the outcome of the attempt, and the
//! update of the partial file.

use super::local_copy::{CachedFile, LocalCopy};
use super::merge::PartialResponse;
use super::merge_error::MergeError;
use super::partial_body::PartialBody;
use super::partial_update::PartialUpdate;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, EntityTag, Outcome};

impl LocalCopy {
    /// Evaluates a response to a request with these [`conditions`](LocalCopy::conditions). If a 206 completes the
    /// partial body, the complete body replaces `response.result`. `limit` is the maximum length of a complete body, in
    /// bytes. The outcome is `None` if the local copy does not decide the outcome, so that the caller must verify the
    /// response.
    pub(crate) fn evaluate_conditional(
        &self,
        response: &mut RawResponse,
        limit: usize,
    ) -> (Option<Outcome>, PartialUpdate) {
        let body = match &response.result {
            Ok(body) => body.clone(),
            Err(_) => return (None, self.after_failure(response, limit)),
        };
        match (response.status, &self.cached, &self.partial) {
            // The complete file is current, so that the partial body is of no use.
            (Some(304), Some(cached), _) if names_cached_version(response, cached) => {
                (Some(Outcome::NotModified), PartialUpdate::Remove)
            }
            (Some(206), _, Some(_)) if !matches_content_digest(response, &body) => {
                (Some(Outcome::Corrupt), PartialUpdate::Remove)
            }
            (Some(206), _, Some(partial)) => {
                match partial.merge(&partial_response(response), body, limit) {
                    Ok(whole) => {
                        response.result = Ok(whole);
                        (Some(Outcome::Ok), PartialUpdate::Unchanged)
                    }
                    Err(error) => (Some(outcome(&error)), after_error(error)),
                }
            }
            (Some(416), _, Some(_)) => (None, PartialUpdate::Remove),
            _ => (None, PartialUpdate::Unchanged),
        }
    }

    /// Whether the conditional fields caused this outcome, so that a request without these fields may succeed: a 206
    /// that does not continue the partial body or cannot be verified, an unsatisfiable range (416), or a 304 for
    /// another entity tag.
    pub(crate) fn is_conditional_failure(&self, outcome: &Outcome) -> bool {
        !self.is_empty() && matches!(outcome, Outcome::Http(206 | 304 | 416))
    }

    /// The update of the partial file after a response without a complete body.
    fn after_failure(&self, response: &RawResponse, limit: usize) -> PartialUpdate {
        if response.result == Err(Outcome::TooLarge) || response.body_unusable {
            return PartialUpdate::Unchanged;
        }
        let received = response.partial_body.clone().unwrap_or_default();
        match (response.status, &self.partial) {
            (Some(200), _) => first_part(response, received),
            (Some(206), Some(partial)) => {
                match partial.extend(&partial_response(response), &received, limit) {
                    Ok(longer) => PartialUpdate::Replace(longer),
                    Err(error) => after_error(error),
                }
            }
            _ => PartialUpdate::Unchanged,
        }
    }
}

/// Whether a 304 has the entity tag of the cached version, as RFC 9110 section 15.4.5 requires. Any other 304 could
/// make a damaged file pass for a complete file. The tag may be weak, because `If-None-Match` compares weakly
/// (section 13.1.2).
fn names_cached_version(response: &RawResponse, cached: &CachedFile) -> bool {
    let etag = response.etag.as_deref().and_then(EntityTag::parse);
    etag.is_some_and(|etag| etag.matches_weakly(&cached.etag))
}

/// Whether the bytes of a part match the `Content-Digest` of their response.
fn matches_content_digest(response: &RawResponse, part: &[u8]) -> bool {
    let is_match = |digest| ContentDigest::from_body(part) == digest;
    !response.body_unusable && response.digest.is_none_or(is_match)
}

/// Keeps the received bytes of an incomplete 200, if a later attempt can continue them.
fn first_part(response: &RawResponse, received: Bytes) -> PartialUpdate {
    let etag = response.etag.as_deref().unwrap_or_default();
    let digest = response.repr_digest.or(response.digest);
    let partial = PartialBody::from_response(etag, response.length, digest, received);
    partial.map_or(PartialUpdate::Unchanged, PartialUpdate::Replace)
}

fn partial_response(response: &RawResponse) -> PartialResponse<'_> {
    PartialResponse {
        status: response.status.unwrap_or_default(),
        etag: response.etag.as_deref(),
        content_range: response.content_range.as_deref(),
        repr_digest: response.repr_digest,
    }
}

fn after_error(error: MergeError) -> PartialUpdate {
    match error {
        MergeError::Incomplete(longer) => PartialUpdate::Replace(longer),
        error if error.must_restart() => PartialUpdate::Remove,
        _ => PartialUpdate::Unchanged,
    }
}

/// A 206 with another part than requested, or that cannot be verified, has the outcome of its status. Only a 206 is
/// merged, so that `Status` and `Unsatisfiable` do not occur.
fn outcome(error: &MergeError) -> Outcome {
    match error {
        MergeError::Status(status) => Outcome::from_status(*status),
        MergeError::Unsatisfiable => Outcome::Http(416),
        MergeError::TooLarge => Outcome::TooLarge,
        MergeError::Incomplete(_) => Outcome::IncompleteBody,
        MergeError::Version | MergeError::Range | MergeError::Unverifiable => Outcome::Http(206),
        MergeError::Corrupt => Outcome::Corrupt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::verify::gif::tests::SMALLEST;
    use flagpole_protocol::ContentDigest;
    use flagpole_protocol::TimeoutKind;
    use std::time::Duration;

    const WHOLE: &[u8] = b"0123456789";
    const LIMIT: usize = 100;

    /// A response with this status and a complete body.
    fn complete(status: u16, body: &'static [u8]) -> RawResponse {
        RawResponse {
            status: Some(status),
            repr_digest: Some(ContentDigest::from_body(WHOLE)),
            length: Some(10),
            etag: Some("\"v1\"".to_owned()),
            content_range: (status == 206).then(|| "bytes 4-9/10".to_owned()),
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
        PartialBody::from_response(
            "\"v1\"",
            Some(10),
            Some(ContentDigest::from_body(WHOLE)),
            body,
        )
        .unwrap()
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
            partial: PartialBody::from_response("\"v1\"", length, None, body),
        };
        let rest = RawResponse {
            repr_digest: None,
            content_range: Some("bytes 4-28/29".to_owned()),
            ..complete(206, rest)
        };
        (local, rest)
    }

    fn cached_and_partial() -> LocalCopy {
        LocalCopy {
            cached: Some(CachedFile {
                etag: EntityTag::parse_strong("\"v1\"").unwrap(),
                bytes: 10,
            }),
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
        other.etag = Some("\"v2\"".to_owned());
        let evaluated = evaluate(&local(4), other);
        assert_eq!(evaluated, (Some(Outcome::Http(206)), PartialUpdate::Remove));
        let mut elsewhere = complete(206, b"456789");
        elsewhere.content_range = Some("bytes 3-8/10".to_owned());
        let evaluated = evaluate(&local(4), elsewhere);
        assert_eq!(evaluated, (Some(Outcome::Http(206)), PartialUpdate::Remove));
        let large = local(4).evaluate_conditional(&mut complete(206, b"456789"), 9);
        assert_eq!(large, (Some(Outcome::TooLarge), PartialUpdate::Remove));
        let mut short = complete(206, b"45");
        short.content_range = Some("bytes 4-5/10".to_owned());
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
        (rest.digest, rest.body_unusable) = (None, true);
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
        assert_eq!(
            evaluate(&local(4), complete(416, b"")),
            (None, PartialUpdate::Remove)
        );
    }

    #[test]
    fn status_304_must_name_the_cached_version() {
        let not_modified = (Some(Outcome::NotModified), PartialUpdate::Remove);
        assert_eq!(
            evaluate(&cached_and_partial(), complete(304, b"")),
            not_modified
        );
        let mut weak = complete(304, b"");
        weak.etag = Some("W/\"v1\"".to_owned());
        assert_eq!(evaluate(&cached_and_partial(), weak), not_modified);
        for etag in [None, Some("\"v2\""), Some("W/\"v2\""), Some("W/v1")] {
            let mut response = complete(304, b"");
            response.etag = etag.map(str::to_owned);
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
        response.etag = Some("\"v2\"".to_owned());
        let (_, part) = evaluate(&local(4), response);
        assert!(
            matches!(part, PartialUpdate::Replace(part) if part.etag().to_string() == "\"v2\"")
        );
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
        weak.etag = Some("W/\"v1\"".to_owned());
        assert_eq!(first(weak), ignored);
        let mut endless = broken(200, b"0123", Outcome::TooLarge);
        endless.length = None;
        assert_eq!(first(endless), ignored);
        let mut coded = broken(200, b"0123", Outcome::IncompleteBody);
        coded.body_unusable = true;
        assert_eq!(first(coded), ignored);
        let invalid = broken(206, b"456789x", Outcome::ConnectionReset);
        assert_eq!(evaluate(&local(4), invalid), (None, PartialUpdate::Remove));
    }
}
