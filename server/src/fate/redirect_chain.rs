//! Chains of redirects: which redirects of redirect faults were sent and not followed yet.
//!
//! A request is a hop of a chain only if the server has sent the redirect to it. So hops use up no request numbers, and
//! no client avoids faults with a query that it makes up.

use flagpole_protocol::FateKey;
use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use std::hash::Hasher as _;
use std::sync::{Mutex, PoisonError};

/// The number of redirects still to come after a request; `None` in a chain without an end.
pub(crate) type RemainingHops = Option<u32>;

/// The target of a redirect, as the query of its `Location` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// The number of the request that began the chain, from 1. Its fate is that of the whole chain.
    pub(crate) request_number: u64,
    pub(crate) remaining: RemainingHops,
}

/// A redirect that a request follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FollowedRedirect {
    pub(crate) hop: Hop,
    /// The index of the rule that decided the fate of the chain; `None` for the listener itself.
    pub(crate) rule: Option<usize>,
}

/// A redirect that was sent and not followed yet.
#[derive(Clone, Copy, Debug)]
struct SentRedirect {
    /// The index of the rule that decided the fate of the chain; `None` for the listener itself.
    rule: Option<usize>,
    /// How many requests were redirected there: several if a client gives several requests the same number.
    count: u32,
}

/// The redirects of one listener that were sent and not followed yet. The oldest is forgotten first; a request that
/// follows it then is an ordinary request.
#[derive(Debug)]
pub(crate) struct SentRedirects {
    /// By a digest of run, key and hop.
    sent: Mutex<LruCache<u128, SentRedirect>>,
    /// Maximum number of entries in `sent`.
    capacity: usize,
}

impl SentRedirects {
    /// Remembers at most `capacity` different redirects.
    pub(crate) fn with_capacity(capacity: usize) -> SentRedirects {
        SentRedirects {
            sent: Mutex::new(LruCache::unbounded()),
            capacity,
        }
    }

    /// Remembers a redirect that will be followed.
    pub(crate) fn insert(&self, run: Option<&str>, key: &FateKey, redirect: FollowedRedirect) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = sent.get_or_insert_mut(digest(run, key, redirect.hop), || SentRedirect {
            rule: None,
            count: 0,
        });
        entry.rule = redirect.rule;
        entry.count = entry.count.saturating_add(1);
        if sent.len() > self.capacity {
            sent.pop_lru();
        }
    }

    /// Forgets a redirect, because a request follows it. `None` if no redirect leads to the hop: the client made up the
    /// query, or has used it before.
    pub(crate) fn take(
        &self,
        run: Option<&str>,
        key: &FateKey,
        hop: Hop,
    ) -> Option<FollowedRedirect> {
        let digest = digest(run, key, hop);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = sent.peek_mut(&digest)?;
        entry.count -= 1;
        let SentRedirect { rule, count } = *entry;
        if count == 0 {
            sent.pop(&digest);
        }
        Some(FollowedRedirect { hop, rule })
    }
}

fn digest(run: Option<&str>, key: &FateKey, hop: Hop) -> u128 {
    let mut hasher = SipHasher24::new();
    hasher.write(run.unwrap_or_default().as_bytes());
    // A separator that occurs neither in a run's name nor in a path.
    hasher.write(b"\n");
    hasher.write(key.as_str().as_bytes());
    hasher.write(b"\n");
    hasher.write_u64(hop.request_number);
    // One more than the largest number stands for no end.
    hasher.write_u64(hop.remaining.map_or(1 << 32, u64::from));
    hasher.finish128().as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: Hop = Hop {
        request_number: 3,
        remaining: Some(2),
    };

    fn key() -> FateKey {
        FateKey::from_path("/x")
    }

    fn insert(sent: &SentRedirects, run: Option<&str>, hop: Hop) {
        sent.insert(run, &key(), FollowedRedirect { hop, rule: Some(7) });
    }

    #[test]
    fn a_redirect_is_followed_as_often_as_it_was_sent() {
        let sent = SentRedirects::with_capacity(10);
        assert_eq!(sent.take(None, &key(), HOP), None);
        insert(&sent, None, HOP);
        insert(&sent, None, HOP);
        let followed = FollowedRedirect {
            hop: HOP,
            rule: Some(7),
        };
        let taken = [(); 3].map(|()| sent.take(None, &key(), HOP));
        assert_eq!(taken, [Some(followed), Some(followed), None]);
        assert_eq!(sent.sent.lock().unwrap().len(), 0);
    }

    #[test]
    fn a_redirect_is_of_one_run_key_number_and_position() {
        let sent = SentRedirects::with_capacity(10);
        insert(&sent, Some("a"), HOP);
        let take = |run, path, hop| sent.take(run, &FateKey::from_path(path), hop).is_some();
        assert!(!take(None, "/x", HOP) && !take(Some("a"), "/y", HOP));
        for remaining in [None, Some(0), Some(1), Some(3)] {
            assert!(!take(Some("a"), "/x", Hop { remaining, ..HOP }));
        }
        let request_number = 2;
        assert!(!take(
            Some("a"),
            "/x",
            Hop {
                request_number,
                ..HOP
            }
        ));
        assert!(take(Some("a"), "/x", HOP));
    }

    #[test]
    fn the_oldest_redirect_is_forgotten_first() {
        let sent = SentRedirects::with_capacity(2);
        let hop = |request_number| Hop {
            request_number,
            remaining: None,
        };
        (1..=3).for_each(|number| insert(&sent, None, hop(number)));
        let taken = [1, 2, 3].map(|number| sent.take(None, &key(), hop(number)).is_some());
        assert_eq!(taken, [false, true, true]);
    }
}
