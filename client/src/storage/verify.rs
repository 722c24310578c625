//! Verifies bodies by their digests (RFC 9530), and reads the name of a country from its metadata. Verified bodies are cached, and later bodies are compared with them,
//! because hashing takes as long as the rest of a request.

use super::gif;
use crate::lock::lock;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, CountryCode, Outcome, Resource, ShortDigest, reason};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::sync::Mutex;

/// The maximum total size of the cached bodies, in bytes: three times the size of all flags.
const CACHE_MAX: usize = 16 << 20;

/// Verifies bodies by their digests; shared by all workers of a run.
#[derive(Debug)]
pub(crate) struct BodyVerifier {
    capacity: usize,
    cache: Mutex<DigestCache>,
}

#[derive(Debug, Default)]
struct DigestCache {
    bodies: FxHashMap<ContentDigest, Bytes>,
    bytes: usize,
}

impl BodyVerifier {
    /// A verifier that caches at most `capacity` bytes of verified bodies.
    pub(crate) fn with_capacity(capacity: usize) -> BodyVerifier {
        BodyVerifier {
            capacity,
            cache: Mutex::default(),
        }
    }

    /// The outcome of a response, regardless of other attempts and of local copies. The body of a success is verified: of
    /// a 200; where nothing is known of the resource, of any 2xx, with or without a content coding. A status other than
    /// 2xx is the outcome, whatever happened to the body. `Content-Digest` and `Repr-Digest` of a complete body are the
    /// same (RFC 9530 section 3).
    ///
    /// # Errors
    /// The outcome of the failure, if no complete body arrived, or its verification fails.
    pub(crate) fn verify_response(
        &self,
        resource: Resource,
        response: &RawResponse,
    ) -> Result<Outcome, Outcome> {
        if response.is_decided_by_head() {
            return Ok(Outcome::from_status(response.status.unwrap_or(0)));
        }
        let body = response.result.as_ref().map_err(Outcome::clone)?;
        let outcome = match (resource, response.status.unwrap_or(0)) {
            (Resource::Path(_), 200..=299) => Outcome::Ok,
            (_, status) => Outcome::from_status(status),
        };
        if outcome != Outcome::Ok {
            return Ok(outcome);
        }
        let defect = match resource {
            Resource::Flag(_) | Resource::Metadata(_) => response.body_defect(),
            // A server may have nothing but a coded representation, such as an archive, although another was asked for
            // (RFC 9110 section 12.5.3), and its digests are those of the coded bytes.
            Resource::Path(_) => response.has_malformed_digest.then_some(Outcome::Corrupt),
        };
        if let Some(defect) = defect {
            return Err(defect);
        }
        let is_match = self.matches_digests(response, body);
        let is_verified = is_match.unwrap_or_else(|| has_plausible_format(resource, body));
        is_verified.then_some(outcome).ok_or(Outcome::Corrupt)
    }

    /// Whether the body matches the digests that the server gave; `None` if it gave none.
    #[expect(clippy::inline_always, reason = "it is called for each response")]
    #[inline(always)]
    pub(super) fn matches_digests(&self, response: &RawResponse, body: &Bytes) -> Option<bool> {
        // That of a 206 is the digest of the whole, of which its content is a part; a 304 has no content.
        let repr = response
            .repr_digest
            .filter(|_| !matches!(response.status, Some(206 | 304)));
        let content = response.digest;
        let is_consistent = content.is_none() || repr.is_none() || content == repr;
        let digest = content.or(repr)?;
        Some(is_consistent && self.verify(body, digest))
    }

    /// Whether the body has this digest. A body with a cached digest is compared with the cached bytes, which is
    /// equivalent and much cheaper.
    #[expect(clippy::inline_always, reason = "it is called for each response")]
    #[inline(always)]
    pub(crate) fn verify(&self, body: &Bytes, digest: ContentDigest) -> bool {
        // A shared handle, so that the lock is not held while bodies are compared.
        let cached = lock(&self.cache).bodies.get(&digest).cloned();
        if let Some(verified) = cached {
            return verified == body;
        }
        let is_match = ContentDigest::from_body(body) == digest;
        if is_match {
            self.cache(digest, body);
        }
        is_match
    }

    /// Caches a body if there is room; other bodies are hashed every time.
    fn cache(&self, digest: ContentDigest, body: &Bytes) {
        // A copy, because the body may be a small part of a connection's buffer, which a shared handle would keep
        // allocated.
        let copy = Bytes::copy_from_slice(body);
        let mut cache = lock(&self.cache);
        if cache.bytes + copy.len() <= self.capacity && !cache.bodies.contains_key(&digest) {
            cache.bytes += copy.len();
            cache.bodies.insert(digest, copy);
        }
    }
}

/// The digest of a body; `None` if it is incomplete. Only a body that was verified has the digest that the server gave;
/// any other is hashed.
pub(crate) fn body_digest(response: &RawResponse, outcome: &Outcome) -> Option<ShortDigest> {
    let body = response.result.as_ref().ok()?;
    let is_verified = response.status == Some(200) && *outcome == Outcome::Ok;
    let given = response
        .digest
        .or(response.repr_digest)
        .filter(|_| is_verified);
    Some(
        given
            .unwrap_or_else(|| ContentDigest::from_body(body))
            .short(),
    )
}

/// Whether a redirect has led from a flag to something else, such as a page with another digest.
pub(crate) fn is_misdirected(resource: Resource, response: &RawResponse) -> bool {
    let body = response.result.as_deref();
    matches!(resource, Resource::Flag(_)) && body.is_ok_and(|body| !gif::has_signature(body))
}

/// Whether a body without a digest has the format of its resource, if that is known. Metadata is checked when it is
/// parsed.
fn has_plausible_format(resource: Resource, body: &[u8]) -> bool {
    match resource {
        Resource::Flag(_) => gif::is_complete(body),
        Resource::Metadata(_) | Resource::Path(_) => true,
    }
}

impl Default for BodyVerifier {
    fn default() -> BodyVerifier {
        BodyVerifier::with_capacity(CACHE_MAX)
    }
}

/// The used fields of the metadata.
#[derive(Deserialize)]
struct CountryMetadata {
    country: String,
    /// Optional; if present, it must be the requested code.
    iso_cc: Option<String>,
}

/// The name of the country with this code.
///
/// # Errors
/// [`Outcome::BadMetadata`] if the body is not JSON, has no country or belongs to another code. The parser rejects deep
/// nesting; the size of the body was limited when the body arrived.
pub(crate) fn country_name(body: &[u8], code: CountryCode) -> Result<String, Outcome> {
    let metadata = serde_json::from_slice::<CountryMetadata>(body);
    let metadata = metadata.map_err(|error| Outcome::BadMetadata(reason(&error)))?;
    match metadata.iso_cc {
        Some(other) if !other.eq_ignore_ascii_case(&code.to_string()) => {
            let why = format!("expected the metadata of `{code}`, got that of `{other}`");
            Err(Outcome::BadMetadata(reason(&why)))
        }
        _ => Ok(metadata.country),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::TimeoutKind;
    use std::time::Duration;

    const TRUE: Bytes = Bytes::from_static(b"flag");
    const FALSE: Bytes = Bytes::from_static(b"flaw");

    /// A 200 with this body.
    fn ok(body: &'static [u8]) -> RawResponse {
        RawResponse {
            status: Some(200),
            bytes: body.len() as u64,
            result: Ok(Bytes::from_static(body)),
            ..RawResponse::default()
        }
    }

    fn evaluate(resource: Resource, response: &RawResponse) -> Outcome {
        let evaluated = BodyVerifier::default().verify_response(resource, response);
        evaluated.unwrap_or_else(|failed| failed)
    }

    #[test]
    fn every_given_digest_must_match() {
        let flag = Resource::Flag("BR".parse().unwrap());
        let [good, bad] = [&TRUE, &FALSE].map(|body| Some(ContentDigest::from_body(body)));
        for (content, whole, outcome) in [
            (good, None, Outcome::Ok),
            (None, good, Outcome::Ok),
            (good, good, Outcome::Ok),
            (bad, None, Outcome::Corrupt),
            (None, bad, Outcome::Corrupt),
            (good, bad, Outcome::Corrupt),
            (bad, good, Outcome::Corrupt),
            (bad, bad, Outcome::Corrupt),
        ] {
            let mut response = ok(b"flag");
            (response.digest, response.repr_digest) = (content, whole);
            assert_eq!(evaluate(flag, &response), outcome, "{content:?} {whole:?}");
            response.has_malformed_digest = true;
            assert_eq!(evaluate(flag, &response), Outcome::Corrupt);
            response.status = Some(404);
            assert_eq!(evaluate(flag, &response), Outcome::NotFound);
        }
    }

    #[test]
    fn coded_flag_and_metadata_have_the_coding_as_their_outcome() {
        let mut response = ok(b"\x1f\x8b\x08");
        response.digest = Some(ContentDigest::from_body(b"\x1f\x8b\x08"));
        response.content_coding = Some("gzip".to_owned());
        let code = "BR".parse().unwrap();
        for resource in [Resource::Flag(code), Resource::Metadata(code)] {
            let outcome = evaluate(resource, &response);
            assert_eq!(outcome, Outcome::ContentCoding("gzip".to_owned()));
        }
    }

    #[test]
    fn status_other_than_2xx_is_decided_by_its_head() {
        let flag = Resource::Flag("BR".parse().unwrap());
        for failed in [
            Outcome::TooLarge,
            Outcome::IncompleteBody,
            Outcome::ConnectionReset,
            Outcome::ProtocolError("chunk".to_owned()),
            Outcome::Timeout(TimeoutKind::Total, Duration::from_secs(1)),
        ] {
            let mut response = ok(b"");
            response.result = Err(failed.clone());
            for status in [302, 404, 416, 503] {
                response.status = Some(status);
                assert_eq!(
                    evaluate(flag, &response),
                    Outcome::from_status(status),
                    "{failed}"
                );
            }
            for status in [Some(200), Some(206), None] {
                response.status = status;
                assert_eq!(evaluate(flag, &response), failed, "{status:?}");
            }
        }
        let mut cancelled = ok(b"");
        (cancelled.status, cancelled.result) = (Some(404), Err(Outcome::Cancelled));
        assert_eq!(evaluate(flag, &cancelled), Outcome::Cancelled);
    }

    #[test]
    fn page_is_no_flag() {
        let code = "BR".parse().unwrap();
        let page = ok(b"<!doctype html>");
        assert!(is_misdirected(Resource::Flag(code), &page));
        assert!(!is_misdirected(Resource::Flag(code), &ok(b"GIF89a")));
        assert!(!is_misdirected(Resource::Metadata(code), &page));
    }

    #[test]
    fn digest_of_a_body_is_that_of_its_bytes_whatever_the_server_says() {
        let [good, bad] = [&TRUE, &FALSE].map(|body| ContentDigest::from_body(body));
        let mut response = ok(b"flag");
        for given in [None, Some(good), Some(bad)] {
            response.digest = given;
            let outcome = evaluate(Resource::Path("/x".parse().unwrap()), &response);
            assert_eq!(body_digest(&response, &outcome), Some(good.short()));
        }
        response.status = Some(500);
        assert_eq!(
            body_digest(&response, &Outcome::Http(500)),
            Some(good.short())
        );
        response.result = Err(Outcome::ConnectionReset);
        assert_eq!(body_digest(&response, &Outcome::ConnectionReset), None);
    }

    #[test]
    fn flag_without_a_digest_must_be_a_complete_gif() {
        let code = "BR".parse().unwrap();
        let whole = crate::storage::gif::tests::SMALLEST;
        for (body, outcome) in [
            (whole, Outcome::Ok),
            (&whole[..whole.len() - 1], Outcome::Corrupt),
            (b"GIF89a and so on", Outcome::Corrupt),
            (b"", Outcome::Corrupt),
            (b"\x1f\x8b\x08", Outcome::Corrupt),
        ] {
            assert_eq!(
                evaluate(Resource::Flag(code), &ok(body)),
                outcome,
                "{body:?}"
            );
            let metadata = evaluate(Resource::Metadata(code), &ok(body));
            assert_eq!(metadata, Outcome::Ok, "{body:?}");
        }
    }

    #[test]
    fn any_success_and_coding_is_accepted_where_nothing_is_known_of_the_resource() {
        let path = Resource::Path("/img/1.png".parse().unwrap());
        let mut response = ok(b"flag");
        response.content_coding = Some("gzip".to_owned());
        for (status, outcome) in [
            (200, Outcome::Ok),
            (203, Outcome::Ok),
            (304, Outcome::Http(304)),
            (404, Outcome::NotFound),
            (500, Outcome::Http(500)),
        ] {
            response.status = Some(status);
            assert_eq!(evaluate(path, &response), outcome);
        }
        response.status = Some(200);
        response.digest = Some(ContentDigest::from_body(&FALSE));
        assert_eq!(evaluate(path, &response), Outcome::Corrupt);
        (response.digest, response.has_malformed_digest) = (None, true);
        assert_eq!(evaluate(path, &response), Outcome::Corrupt);
    }

    #[test]
    fn part_of_a_representation_is_verified_by_the_digest_of_the_content() {
        let path = Resource::Path("/x".parse().unwrap());
        let mut part = ok(b"flag");
        (part.status, part.repr_digest) = (Some(206), Some(ContentDigest::from_body(b"flags")));
        assert_eq!(evaluate(path, &part), Outcome::Ok);
        part.digest = Some(ContentDigest::from_body(b"flags"));
        assert_eq!(evaluate(path, &part), Outcome::Corrupt);
    }

    #[test]
    fn every_body_is_verified() {
        let verifier = BodyVerifier::default();
        let digest = ContentDigest::from_body(&TRUE);
        assert!(!verifier.verify(&FALSE, digest));
        for _ in 0..2 {
            assert!(verifier.verify(&TRUE, digest));
            assert!(!verifier.verify(&FALSE, digest));
            assert!(!verifier.verify(&Bytes::new(), digest));
        }
    }

    #[test]
    fn cache_respects_its_capacity() {
        let verifier = BodyVerifier::with_capacity(10);
        for n in 0..100u32 {
            let body = Bytes::from(n.to_string());
            assert!(verifier.verify(&body, ContentDigest::from_body(&body)));
            assert!(!verifier.verify(&FALSE, ContentDigest::from_body(&body)));
        }
        let cache = lock(&verifier.cache);
        assert_eq!(
            cache.bytes,
            cache.bodies.values().map(Bytes::len).sum::<usize>()
        );
        assert_eq!(cache.bytes, 10);
    }

    fn country(body: &[u8]) -> Result<String, Outcome> {
        country_name(body, "BR".parse().unwrap())
    }

    #[test]
    fn metadata_must_match_the_code_if_it_has_one() {
        for iso_cc in ["\"BR\"", "\"br\"", "null"] {
            let body = format!(r#"{{"country": "Brazil", "iso_cc": {iso_cc}}}"#);
            assert_eq!(country(body.as_bytes()), Ok("Brazil".to_owned()));
        }
        assert_eq!(
            country(br#"{"country": "Brazil"}"#),
            Ok("Brazil".to_owned())
        );
        let other = country(br#"{"country": "Brazil", "iso_cc": "US"}"#).unwrap_err();
        assert_eq!(
            other.to_string(),
            "bad metadata: expected the metadata of `BR`, got that of `US`"
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let body = r#"{"iso_cc": "BR", "country": "Brazil", "population": [1, {"x": null}]}"#;
        assert_eq!(country(body.as_bytes()), Ok("Brazil".to_owned()));
    }

    #[test]
    fn malformed_metadata_is_rejected() {
        let deep = |open: &str| open.repeat(1_000_000);
        for bad in [
            "",
            "GIF89a",
            "{}",
            "[]",
            r#"{"country": 7}"#,
            r#"{"country": "Brazil""#,
            r#"{"country": "a", "country": "b"}"#,
            r#"{"country": "a", "iso_cc": 7}"#,
            r#"{"country": "a", "iso_cc": ""}"#,
            "{\"country\": \"\u{0}\"}",
            &deep("["),
            &format!("{{\"x\": {}", deep("[")),
            &format!("{{\"country\": {}", deep("{\"a\":")),
        ] {
            let outcome = country(bad.as_bytes());
            assert!(
                matches!(outcome, Err(Outcome::BadMetadata(_))),
                "{outcome:?}"
            );
        }
        assert!(country(b"{\"country\": \"\xff\"}").is_err());
    }

    #[test]
    fn reason_is_short_for_long_bodies() {
        let body = format!("\"{}\"", "\u{e9}".repeat(1_000_000));
        let Err(Outcome::BadMetadata(reason)) = country(body.as_bytes()) else {
            panic!("a string is no object");
        };
        assert!(reason.len() < 300, "{}", reason.len());
        let long = "x".repeat(1_000_000);
        let body = format!(r#"{{"country": "a", "iso_cc": "{long}"}}"#);
        let other = country(body.as_bytes()).unwrap_err();
        assert!(other.to_string().len() < 300);
    }
}
