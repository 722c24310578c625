//! Whether a body is the true one, at the price of one SHA-256 a distinct body rather than one a
//! request: hashing costs as much as all the rest of a request.

use crate::storage::gif;
use crate::transport::RawResponse;
use bytes::Bytes;
use flagpole_protocol::Outcome;
use flagpole_protocol::{ContentDigest, Resource};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most that verified bodies may take in memory, in bytes: three times all the flags.
const CACHE_MAX: usize = 16 << 20;

/// Checks bodies against their digests; shared by all the lanes of a run.
#[derive(Debug)]
pub(crate) struct BodyVerifier {
    capacity: usize,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    bodies: HashMap<ContentDigest, Bytes>,
    bytes: usize,
}

impl BodyVerifier {
    /// An empty one, that keeps at most `capacity` bytes of verified bodies.
    pub(crate) fn with_capacity(capacity: usize) -> BodyVerifier {
        BodyVerifier {
            capacity,
            cache: Mutex::default(),
        }
    }

    /// What an exchange amounts to by itself. Of the true body of a 200, `Content-Digest` and `Repr-Digest`
    /// are the same where nothing is coded (RFC 9530 section 3), and nothing else is asked for.
    ///
    /// # Errors
    /// If no whole body came, or not the true one.
    pub(crate) fn evaluate(
        &self,
        of: Resource,
        exchange: &RawResponse,
    ) -> Result<Outcome, Outcome> {
        let body = exchange.result.as_ref().map_err(Outcome::clone)?;
        let outcome = Outcome::from_status(exchange.status.unwrap_or(0));
        if outcome != Outcome::Ok {
            return Ok(outcome);
        }
        let (content, whole) = (exchange.digest, exchange.repr_digest);
        let is_one = content.is_none() || whole.is_none() || content == whole;
        let is_true = match content.or(whole) {
            Some(digest) => is_one && self.verify(body, digest),
            None => looks_like(of, body),
        };
        (is_true && !exchange.unusable)
            .then_some(outcome)
            .ok_or(Outcome::Corrupt)
    }

    /// Whether the body has this digest. A body whose digest is known is compared with the verified
    /// bytes, which is as good and much cheaper.
    pub(crate) fn verify(&self, body: &Bytes, digest: ContentDigest) -> bool {
        if let Some(verified) = self.known(digest) {
            return verified == body;
        }
        let whole = ContentDigest::of(body) == digest;
        if whole {
            self.remember(digest, body);
        }
        whole
    }

    /// A shared handle: the lock is not held while bodies are compared.
    fn known(&self, digest: ContentDigest) -> Option<Bytes> {
        self.lock().bodies.get(&digest).cloned()
    }

    /// Keeps a body while there is room. When there is none, later ones are hashed every time:
    /// slower, and as right.
    fn remember(&self, digest: ContentDigest, body: &Bytes) {
        // A copy: the body may be a small part of a connection's buffer, which it would keep alive.
        let copy = Bytes::copy_from_slice(body);
        let mut cache = self.lock();
        if cache.bytes + copy.len() <= self.capacity && !cache.bodies.contains_key(&digest) {
            cache.bytes += copy.len();
            cache.bodies.insert(digest, copy);
        }
    }

    /// A panic elsewhere leaves the cache whole: nothing in it is ever half done.
    fn lock(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a body that nobody vouches for is at least what it should be. Whether metadata is, shows when it
/// is read.
fn looks_like(resource: Resource, body: &[u8]) -> bool {
    match resource {
        Resource::Flag(_) => gif::is_whole(body),
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
    pub(crate) fn exchange(body: &'static [u8]) -> RawResponse {
        RawResponse {
            status: Some(200),
            bytes: body.len() as u64,
            result: Ok(Bytes::from_static(body)),
            ..RawResponse::default()
        }
    }

    fn judge(resource: Resource, exchange: &RawResponse) -> Outcome {
        let judged = BodyVerifier::default().evaluate(resource, exchange);
        judged.unwrap_or_else(|failed| failed)
    }

    #[test]
    fn every_digest_there_is_must_be_that_of_the_body() {
        let flag = Resource::Flag("BR".parse().unwrap());
        let [good, bad] = [&TRUE, &FALSE].map(|body| Some(ContentDigest::of(body)));
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
            let mut exchange = exchange(b"flag");
            (exchange.digest, exchange.repr_digest) = (content, whole);
            assert_eq!(judge(flag, &exchange), outcome, "{content:?} {whole:?}");
            exchange.unusable = true;
            assert_eq!(judge(flag, &exchange), Outcome::Corrupt);
            exchange.status = Some(404);
            assert_eq!(judge(flag, &exchange), Outcome::NotFound);
        }
    }

    #[test]
    fn a_flag_without_a_digest_is_at_least_a_whole_gif() {
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
                judge(Resource::Flag(code), &exchange(body)),
                outcome,
                "{body:?}"
            );
            let metadata = judge(Resource::Metadata(code), &exchange(body));
            assert_eq!(metadata, Outcome::Ok, "{body:?}");
        }
    }

    #[test]
    fn the_first_and_every_later_body_is_checked() {
        let verifier = BodyVerifier::default();
        let digest = ContentDigest::of(&TRUE);
        assert!(!verifier.verify(&FALSE, digest));
        for _ in 0..2 {
            assert!(verifier.verify(&TRUE, digest));
            assert!(!verifier.verify(&FALSE, digest));
            assert!(!verifier.verify(&Bytes::new(), digest));
        }
    }

    #[test]
    fn the_cache_stays_within_its_capacity_and_the_answers_right() {
        let verifier = BodyVerifier::with_capacity(10);
        for n in 0..100u32 {
            let body = Bytes::from(n.to_string());
            assert!(verifier.verify(&body, ContentDigest::of(&body)));
            assert!(!verifier.verify(&FALSE, ContentDigest::of(&body)));
        }
        let cache = verifier.lock();
        assert_eq!(
            cache.bytes,
            cache.bodies.values().map(Bytes::len).sum::<usize>()
        );
        assert_eq!(cache.bytes, 10);
    }
}
