//! Chains of redirects: which redirects of redirect faults were sent and not followed yet.
//!
//! A request is a hop of a chain only if the server has sent the redirect to it. So hops use up no request numbers, and
//! no client avoids faults with a query that it makes up.
//!
//! What was decided about the first request of a chain is remembered and not decided again for each hop, so that a chain
//! stays the same while rules change.

use crate::fate::request_info::{Decision, FateSource};
use flagpole_protocol::{Fate, FateKey, ResponseContent, RuleName};
use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use std::hash::Hasher as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The number of redirects still to come after a request; `None` in a chain without an end.
pub(crate) type RemainingHops = Option<u32>;

/// The target of a redirect, as the query of its `Location` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    /// The number of the request that began the chain, from 1. Its fate is that of the whole chain.
    pub(crate) request_number: u64,
    pub(crate) remaining: RemainingHops,
}

/// What was decided about the first request of a chain. It needs little memory, whatever the fault of the chain is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainStart {
    /// The name of the rule in the journal.
    pub(crate) rule: RuleName,
    pub(crate) delay: Duration,
    pub(crate) fault: Option<Arc<str>>,
}

/// A redirect that a request follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FollowedRedirect {
    pub(crate) hop: Hop,
    pub(crate) start: ChainStart,
}

impl FollowedRedirect {
    /// The decision about the request that follows. Rule and delay are those of the request that began the chain, and so
    /// is the fault, except that the last request has none.
    pub(crate) fn decision(&self) -> Decision {
        let ChainStart { rule, delay, fault } = self.start.clone();
        let delayed = Fate {
            delay,
            ..Fate::default()
        };
        Decision {
            source: FateSource::Chain(rule),
            fate: match self.hop.remaining {
                Some(0) => delayed,
                remaining => Fate {
                    fault,
                    content: ResponseContent::Redirect(remaining.map(|hops| hops - 1)),
                    ..delayed
                },
            },
        }
    }
}

/// A redirect that was sent and not followed yet.
#[derive(Debug)]
struct SentRedirect {
    start: ChainStart,
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

    /// Forgets all redirects.
    pub(crate) fn clear(&self) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clear();
    }

    /// Remembers a redirect that will be followed.
    pub(crate) fn insert(&self, run: Option<&str>, key: &FateKey, redirect: FollowedRedirect) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let FollowedRedirect { hop, start } = redirect;
        let digest = digest(run, key, hop);
        let count = sent.peek(&digest).map_or(0, |entry| entry.count);
        let count = count.saturating_add(1);
        sent.put(digest, SentRedirect { start, count });
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
        let start = if entry.count > 0 {
            entry.start.clone()
        } else {
            sent.pop(&digest)?.start
        };
        Some(FollowedRedirect { hop, start })
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

    fn followed(hop: Hop) -> FollowedRedirect {
        let start = ChainStart {
            rule: RuleName::Constant("outage"),
            delay: Duration::from_millis(3),
            fault: Some("redirect:3".into()),
        };
        FollowedRedirect { hop, start }
    }

    fn insert(sent: &SentRedirects, run: Option<&str>, hop: Hop) {
        sent.insert(run, &key(), followed(hop));
    }

    #[test]
    fn a_chain_counts_down_to_the_requested_resource_with_the_delay_of_its_first_request() {
        let fate = |remaining| {
            let hop = Hop { remaining, ..HOP };
            let Decision { source, fate } = followed(hop).decision();
            assert_eq!(source, FateSource::Chain("outage".into()));
            assert_eq!(fate.delay.as_millis(), 3);
            (fate.fault.as_deref().map(str::to_owned), fate.content)
        };
        let redirect = |hops| {
            let fault = Some("redirect:3".to_owned());
            (fault, ResponseContent::Redirect(hops))
        };
        assert_eq!(fate(None), redirect(None), "without end");
        assert_eq!(fate(Some(2)), redirect(Some(1)));
        assert_eq!(fate(Some(1)), redirect(Some(0)));
        assert_eq!(fate(Some(0)), (None, ResponseContent::Requested));
    }

    #[test]
    fn a_redirect_is_followed_as_often_as_it_was_sent() {
        let sent = SentRedirects::with_capacity(10);
        assert_eq!(sent.take(None, &key(), HOP), None);
        insert(&sent, None, HOP);
        insert(&sent, None, HOP);
        let taken = [(); 3].map(|()| sent.take(None, &key(), HOP));
        assert_eq!(taken, [Some(followed(HOP)), Some(followed(HOP)), None]);
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
