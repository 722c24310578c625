//! Verifies bodies by their digests (RFC 9530). Verified bodies are cached, and later bodies are compared with them,
//! because hashing takes as long as the rest of a request.

use super::gif;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::{ContentDigest, Outcome, Resource};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    bodies: HashMap<ContentDigest, Bytes>,
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

    /// The outcome of a response, regardless of other attempts and of local copies. The body of a 200 is verified; its
    /// `Content-Digest` and `Repr-Digest` are the same without content coding (RFC 9530 section 3).
    ///
    /// # Errors
    /// The outcome of the failure, if no complete body arrived, or its verification fails.
    pub(crate) fn verify_response(
        &self,
        resource: Resource,
        response: &RawResponse,
    ) -> Result<Outcome, Outcome> {
        let body = response.result.as_ref().map_err(Outcome::clone)?;
        let outcome = Outcome::from_status(response.status.unwrap_or(0));
        if outcome != Outcome::Ok {
            return Ok(outcome);
        }
        let (content, repr) = (response.digest, response.repr_digest);
        let is_consistent = content.is_none() || repr.is_none() || content == repr;
        let is_verified = match content.or(repr) {
            Some(digest) => is_consistent && self.verify(body, digest),
            None => has_plausible_format(resource, body),
        };
        (is_verified && !response.body_unusable)
            .then_some(outcome)
            .ok_or(Outcome::Corrupt)
    }

    /// Whether the body has this digest. A body with a cached digest is compared with the cached bytes, which is
    /// equivalent and much cheaper.
    pub(crate) fn verify(&self, body: &Bytes, digest: ContentDigest) -> bool {
        if let Some(verified) = self.cached(digest) {
            return verified == body;
        }
        let is_match = ContentDigest::from_body(body) == digest;
        if is_match {
            self.cache(digest, body);
        }
        is_match
    }

    /// The verified body with this digest. A shared handle, so that the lock is not held while bodies are compared.
    fn cached(&self, digest: ContentDigest) -> Option<Bytes> {
        self.lock().bodies.get(&digest).cloned()
    }

    /// Caches a body if there is room; other bodies are hashed every time.
    fn cache(&self, digest: ContentDigest, body: &Bytes) {
        // A copy, because the body may be a small part of a connection's buffer, which a shared handle would keep
        // allocated.
        let copy = Bytes::copy_from_slice(body);
        let mut cache = self.lock();
        if cache.bytes + copy.len() <= self.capacity && !cache.bodies.contains_key(&digest) {
            cache.bytes += copy.len();
            cache.bodies.insert(digest, copy);
        }
    }

    /// Locks the cache, which is consistent even after a panic.
    fn lock(&self) -> MutexGuard<'_, DigestCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a body without a digest has the format of its resource. Metadata is checked when it is parsed.
fn has_plausible_format(resource: Resource, body: &[u8]) -> bool {
    match resource {
        Resource::Flag(_) => gif::is_complete(body),
        Resource::Metadata(_) => true,
    }
}

impl Default for BodyVerifier {
    fn default() -> BodyVerifier {
        BodyVerifier::with_capacity(CACHE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            response.body_unusable = true;
            assert_eq!(evaluate(flag, &response), Outcome::Corrupt);
            response.status = Some(404);
            assert_eq!(evaluate(flag, &response), Outcome::NotFound);
        }
    }

    #[test]
    fn flag_without_a_digest_must_be_a_complete_gif() {
        let code = "BR".parse().unwrap();
        let whole = crate::storage::verify::gif::tests::SMALLEST;
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
        let cache = verifier.lock();
        assert_eq!(
            cache.bytes,
            cache.bodies.values().map(Bytes::len).sum::<usize>()
        );
        assert_eq!(cache.bytes, 10);
    }
}
