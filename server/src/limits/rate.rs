//! How many requests a second are let in.
//!
//! Not a part of fates: who is refused depends on who else came when. A refused request is answered
//! 429 with `Retry-After` (RFC 6585 section 4). The limit is a token bucket in the form of the
//! generic cell rate algorithm (ITU-T I.371): one instant is all it remembers.

use crate::config::spec::SpecError;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A number of requests and the time in which they are let in: `100/s`, `30/m`. As many may come at
/// once; then they must be as far apart as the rate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    period: Duration,
}

/// The requests that were let in, as the instant at which the bucket will be full again.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    limit: RateLimit,
    full: Mutex<Instant>,
}

impl TokenBucket {
    /// A full bucket.
    pub(crate) fn new(limit: RateLimit) -> TokenBucket {
        TokenBucket {
            limit,
            full: Mutex::new(Instant::now()),
        }
    }

    /// As many may come at once as at first.
    pub(crate) fn fill(&self) {
        *self.full.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// How long until one would be let in; nothing is taken from the bucket.
    pub(crate) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*full).max(now) + self.limit.period / self.limit.requests;
        let empty = now + self.limit.period;
        if next > empty {
            return Err(next - empty);
        }
        *full = next;
        Ok(())
    }
}

impl RateLimit {
    /// Requests a second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.period.as_secs_f64()
    }

    /// How many may come at once.
    pub fn burst(&self) -> u32 {
        self.requests
    }
}

impl FromStr for RateLimit {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<RateLimit, SpecError> {
        let expected =
            || SpecError::expected("requests and a time, such as `100/s` or `30/m`", text);
        let (requests, unit) = text.split_once('/').ok_or_else(expected)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            _ => return Err(expected()),
        };
        let digits = requests.bytes().all(|byte| byte.is_ascii_digit());
        let requests: u32 = requests
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(expected)?;
        // A nanosecond apart is as close as requests can be told.
        if !(1..=1_000_000_000).contains(&requests) {
            return Err(expected());
        }
        Ok(RateLimit {
            requests,
            period: Duration::from_secs(seconds),
        })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.period.as_secs() == 1 { "s" } else { "m" };
        write!(f, "{}/{unit}", self.requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucketful_at_once_and_then_one_by_one() {
        let bucket = TokenBucket::new("4/s".parse().unwrap());
        let start = Instant::now() + Duration::from_secs(1);
        let at = |ms| bucket.admit(start + Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [Ok(()); 4]);
        assert_eq!(at(0), Err(Duration::from_millis(250)));
        assert_eq!(at(249), Err(Duration::from_millis(1)));
        assert_eq!([at(250), at(500)], [Ok(()); 2]);
        assert!(at(500).is_err());
    }

    #[test]
    fn in_the_long_run_the_rate_holds() {
        let bucket = TokenBucket::new("100/s".parse().unwrap());
        let start = Instant::now() + Duration::from_secs(1);
        let admitted =
            (0..10_000).filter(|&ms| bucket.admit(start + Duration::from_millis(ms)).is_ok());
        assert_eq!(admitted.count(), 100 + 999);
    }

    #[test]
    fn limits_read_back_and_what_is_none_is_refused() {
        for text in ["100/s", "30/m"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "100",
            "0/s",
            "-1/s",
            "1.5/s",
            "100/h",
            "/s",
            "+1/s",
            "1000000001/s",
        ] {
            let error = bad.parse::<RateLimit>().unwrap_err().to_string();
            let expected = "expected requests and a time, such as `100/s` or `30/m`, got";
            assert_eq!(error, format!("{expected} `{bad}`"));
        }
    }
}
