//! The token bucket that enforces a rate limit.
//!
//! A rejected request gets 429 with `Retry-After` (RFC 6585 section 4). The implementation is the generic
//! cell rate algorithm (ITU-T I.371), whose state is a single instant.

use crate::config::rate_limit::RateLimit;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A token bucket, represented by the instant at which the bucket will be full again.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    limit: RateLimit,
    full_at: Mutex<Instant>,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit) -> TokenBucket {
        TokenBucket {
            limit,
            full_at: Mutex::new(Instant::now()),
        }
    }

    /// Fills the bucket.
    pub(crate) fn fill(&self) {
        *self.full_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The time until the next token, if the bucket is empty.
    pub(crate) fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A token fewer delays the instant by the time in which one token is added.
        let full_without_token = (*full_at).max(now) + self.limit.interval();
        let full_if_empty = now + self.limit.period();
        if full_without_token > full_if_empty {
            return Err(full_without_token - full_if_empty);
        }
        *full_at = full_without_token;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_is_followed_by_evenly_spaced_tokens() {
        let bucket = TokenBucket::new("4/s".parse().unwrap());
        let start = Instant::now() + Duration::from_secs(1);
        let at = |ms| bucket.take(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()); 4]);
        assert_eq!(at(0), Err(Duration::from_millis(250)));
        assert_eq!(at(249), Err(Duration::from_millis(1)));
        assert_eq!([at(250), at(500)], [Ok(()); 2]);
        assert!(at(500).is_err());
    }

    #[test]
    fn long_run_rate_is_the_limit() {
        let bucket = TokenBucket::new("100/s".parse().unwrap());
        let start = Instant::now() + Duration::from_secs(1);
        let taken =
            (0..10_000).filter(|&ms| bucket.take(start + Duration::from_millis(ms)).is_ok());
        assert_eq!(taken.count(), 100 + 999);
    }
}
