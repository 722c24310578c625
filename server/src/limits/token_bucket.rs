//! The token bucket that enforces a rate limit.
//!
//! A rejected request gets 429 with `Retry-After` (RFC 6585 section 4). The implementation is the generic
//! cell rate algorithm (ITU-T I.371), whose state is a single instant. The caller gives the time, so tests need not wait.

use crate::config::rate_limit::RateLimit;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A token bucket, represented by the instant at which the bucket will be full again; `None` if it is full.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    limit: RateLimit,
    full_at: Mutex<Option<Instant>>,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit) -> TokenBucket {
        TokenBucket {
            limit,
            full_at: Mutex::default(),
        }
    }

    /// Fills the bucket.
    pub(crate) fn fill(&self) {
        *self.full_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The time until the next token, if the bucket is empty.
    pub(crate) fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A token fewer delays the instant by the time in which one token is added.
        let full_without_token = full_at.map_or(now, |at| at.max(now)) + self.limit.interval();
        let full_if_empty = now + self.limit.period();
        if full_without_token > full_if_empty {
            return Err(full_without_token - full_if_empty);
        }
        *full_at = Some(full_without_token);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_is_followed_by_evenly_spaced_tokens() {
        let bucket = TokenBucket::new("4/s".parse().unwrap());
        let start = Instant::now();
        let at = |ms| bucket.take(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()); 4]);
        assert_eq!(at(0), Err(Duration::from_millis(250)));
        assert_eq!(at(249), Err(Duration::from_millis(1)));
        assert_eq!([at(250), at(500)], [Ok(()); 2]);
        assert!(at(500).is_err());
        bucket.fill();
        assert_eq!(at(500), Ok(()));
    }

    #[test]
    fn long_run_rate_is_the_limit() {
        let bucket = TokenBucket::new("100/s".parse().unwrap());
        let start = Instant::now();
        let taken =
            (0..10_000).filter(|&ms| bucket.take(start + Duration::from_millis(ms)).is_ok());
        assert_eq!(taken.count(), 100 + 999);
    }
}
