//! Whether a body is the true one, at the price of one SHA-256 a distinct body rather than one a
//! request: hashing costs as much as all the rest of a request.

use bytes::Bytes;
use flagpole_fixtures::Digest;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most that verified bodies may take in memory, in bytes: three times all the flags.
const CACHE_MAX: usize = 16 << 20;

/// Checks bodies against their `Content-Digest`; shared by all the lanes of a run.
#[derive(Debug)]
pub(crate) struct Verifier {
    capacity: usize,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    bodies: HashMap<Digest, Bytes>,
    bytes: usize,
}

impl Verifier {
    /// An empty one, that keeps at most `capacity` bytes of verified bodies.
    pub(crate) fn with_capacity(capacity: usize) -> Verifier {
        Verifier {
            capacity,
            cache: Mutex::default(),
        }
    }

    /// Whether the body has this digest. A body whose digest is known is compared with the verified
    /// bytes, which is as good and much cheaper.
    pub(crate) fn verify(&self, body: &Bytes, digest: Digest) -> bool {
        if let Some(verified) = self.known(digest) {
            return verified == body;
        }
        let whole = Digest::of(body) == digest;
        if whole {
            self.remember(digest, body);
        }
        whole
    }

    /// A shared handle: the lock is not held while bodies are compared.
    fn known(&self, digest: Digest) -> Option<Bytes> {
        self.lock().bodies.get(&digest).cloned()
    }

    /// Keeps a body while there is room. When there is none, later ones are hashed every time:
    /// slower, and as right.
    fn remember(&self, digest: Digest, body: &Bytes) {
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

impl Default for Verifier {
    fn default() -> Verifier {
        Verifier::with_capacity(CACHE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: Bytes = Bytes::from_static(b"flag");
    const FALSE: Bytes = Bytes::from_static(b"flaw");

    #[test]
    fn the_first_and_every_later_body_is_checked() {
        let verifier = Verifier::default();
        let digest = Digest::of(&TRUE);
        assert!(!verifier.verify(&FALSE, digest));
        for _ in 0..2 {
            assert!(verifier.verify(&TRUE, digest));
            assert!(!verifier.verify(&FALSE, digest));
            assert!(!verifier.verify(&Bytes::new(), digest));
        }
    }

    #[test]
    fn the_cache_stays_within_its_capacity_and_the_answers_right() {
        let verifier = Verifier::with_capacity(10);
        for n in 0..100u32 {
            let body = Bytes::from(n.to_string());
            assert!(verifier.verify(&body, Digest::of(&body)));
            assert!(!verifier.verify(&FALSE, Digest::of(&body)));
        }
        let cache = verifier.lock();
        assert_eq!(
            cache.bytes,
            cache.bodies.values().map(Bytes::len).sum::<usize>()
        );
        assert_eq!(cache.bytes, 10);
    }
}
