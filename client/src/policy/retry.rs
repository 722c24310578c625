//! Retries with exponential back-off and full jitter: before try k the wait is drawn evenly from 0 to
//! min(cap, base · 2^k), so that clients that failed together do not come back together. Marc Brooker,
//! "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), who finds full jitter to make the
//! fewest calls.

use flagpole_protocol::Outcome;
use flagpole_protocol::Resource;
use siphasher::sip::SipHasher24;
use std::time::{Duration, UNIX_EPOCH};

/// The second half of the key under which waits are drawn; the seed is the first.
const DOMAIN: u64 = u64::from_le_bytes(*b"back-off");

/// What is tried again, how often and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is made in all, the first time included; 0 counts as 1.
    pub max_attempts: u32,
    /// The longest wait before the first retry; it doubles with each further one.
    pub base_delay: Duration,
    /// The longest wait of all.
    pub max_delay: Duration,
    /// The statuses that are tried again. A 404 never is, be it named here: it is an answer.
    pub statuses: Vec<u16>,
    /// As long as this at most is waited because of a `Retry-After`, whatever it asks for, besides the
    /// wait that is drawn.
    pub max_retry_after: Duration,
    /// The waits are drawn from this: the same seed, the same waits.
    pub seed: u64,
}

impl Default for Retry {
    /// No retry; once there are any, waits from 100 ms up to 10 s, and 60 s if a server asks for it.
    fn default() -> Retry {
        Retry {
            max_attempts: 1,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            // Those that say that the same request may well succeed later (RFC 9110 section 15, RFC
            // 6585 section 4).
            statuses: vec![408, 429, 500, 502, 503, 504],
            max_retry_after: Duration::from_secs(60),
            seed: 0,
        }
    }
}

impl Retry {
    /// How often a request is made in all, from 1.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts.max(1)
    }

    /// Whether such an end is worth another try.
    pub fn is_retryable(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Http(status) => self.statuses.contains(status),
            Outcome::Timeout(..)
            | Outcome::ConnectionRefused
            | Outcome::ConnectFailed { .. }
            | Outcome::ConnectionReset
            | Outcome::ConnectionError { .. }
            | Outcome::EmptyReply
            | Outcome::IncompleteBody
            | Outcome::Corrupt => true,
            Outcome::Ok
            | Outcome::NotModified
            | Outcome::NotFound
            | Outcome::Redirected(_)
            | Outcome::TooManyRedirects
            | Outcome::ProtocolError(_)
            | Outcome::TooLarge
            | Outcome::BadMetadata(_)
            | Outcome::WriteFailed { .. }
            | Outcome::HedgeLost
            | Outcome::Cancelled => false,
        }
    }

    /// The longest wait before the retry that follows on `failures` (from 1) failed tries.
    pub fn max_delay_for(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.base_delay.saturating_mul(factor).min(self.max_delay)
    }

    /// The wait before the retry, after `failures` (from 1) tries of which the last had this n: what
    /// the server asked for, within the cap that this has, and then what is drawn. All whom a server
    /// tells the same would otherwise come back together, which is what the jitter is against.
    pub fn backoff(
        &self,
        resource: Resource,
        request_number: u64,
        failures: u32,
        asked: Option<Duration>,
    ) -> Duration {
        let drawn = part(
            self.max_delay_for(failures),
            self.draw(resource, request_number),
        );
        let asked = asked.unwrap_or_default().min(self.max_retry_after);
        asked.saturating_add(drawn)
    }

    /// Evenly over all of `u64`, a function of its arguments alone.
    fn draw(&self, resource: Resource, request_number: u64) -> u64 {
        let mut message = [0; 16];
        message[..8].copy_from_slice(&(resource.index() as u64).to_le_bytes());
        message[8..].copy_from_slice(&request_number.to_le_bytes());
        SipHasher24::new_with_keys(self.seed, DOMAIN).hash(&message)
    }
}

/// As much of it as the draw is of 2^64.
fn part(whole: Duration, draw: u64) -> Duration {
    let nanos = (whole.as_nanos().min(u128::from(u64::MAX)) * u128::from(draw)) >> 64;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// The wait that a `Retry-After` asks for, in seconds or until a date (RFC 9110 section 10.2.3);
/// `now` is counted from the start of 1970. `None` if it is neither.
pub(crate) fn retry_after(text: &str, now: Duration) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn br() -> Resource {
        Resource::Flag("BR".parse().unwrap())
    }

    #[test]
    fn a_retry_after_is_in_seconds_or_a_date() {
        let now = Duration::from_secs(784_111_777);
        let asked = |text| retry_after(text, now);
        assert_eq!(asked("120"), Some(120 * SECOND));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10 * SECOND));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:30 GMT"), Some(Duration::ZERO));
        assert_eq!(
            asked("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        for neither in ["", "-1", "1.5", "soon", "Sun, 06 Nov"] {
            assert_eq!(asked(neither), None, "{neither}");
        }
    }

    #[test]
    fn a_server_is_given_the_time_it_asks_for_up_to_the_cap() {
        let retry = Retry::default();
        let wait = |asked| retry.backoff(br(), 0, 1, Some(asked));
        let drawn = retry.backoff(br(), 0, 1, None);
        assert_eq!(wait(7 * SECOND), 7 * SECOND + drawn);
        assert_eq!(wait(Duration::MAX), 60 * SECOND + drawn);
        assert_eq!(wait(Duration::ZERO), drawn);
    }

    #[test]
    fn an_answer_is_no_reason_to_ask_again() {
        let all = Retry {
            statuses: (100..=599).collect(),
            ..Retry::default()
        };
        for answer in [Outcome::Ok, Outcome::NotFound, Outcome::from_status(404)] {
            assert!(!all.is_retryable(&answer), "{answer}");
        }
        let usual = Retry::default();
        assert!(
            usual.is_retryable(&Outcome::Http(503)) && !usual.is_retryable(&Outcome::Http(501))
        );
    }

    #[test]
    fn the_waits_are_a_promise() {
        let retry = Retry {
            seed: 7,
            ..Retry::default()
        };
        let waits = [1, 2, 3].map(|k| retry.backoff(br(), u64::from(k - 1), k, None));
        assert_eq!(
            waits.map(|wait| wait.as_micros()),
            [32_383, 63_106, 383_496]
        );
    }

    proptest! {
        #[test]
        fn full_jitter_is_between_nothing_and_the_doubled_base(
            seed: u64, request_number: u64, failures in 1u32..100, base in 0u64..10_000, cap in 0u64..100_000,
        ) {
            let ms = Duration::from_millis;
            let retry = Retry { base_delay: ms(base), max_delay: ms(cap), seed, ..Retry::default() };
            let doubled = u128::from(base) << (failures - 1).min(64);
            let most = ms(u64::try_from(doubled).unwrap_or(u64::MAX).min(cap));
            let wait = retry.backoff(br(), request_number, failures, None);
            prop_assert!(wait <= most, "{wait:?} over {most:?}");
            prop_assert_eq!(wait, retry.clone().backoff(br(), request_number, failures, None));
        }

        #[test]
        fn another_seed_or_attempt_waits_otherwise(seed: u64, request_number in 0u64..1000) {
            let retry = |seed| Retry { seed, base_delay: 1000 * SECOND, max_delay: 1000 * SECOND, ..Retry::default() };
            let wait = retry(seed).backoff(br(), request_number, 1, None);
            prop_assert_ne!(wait, retry(seed ^ 1).backoff(br(), request_number, 1, None));
            prop_assert_ne!(wait, retry(seed).backoff(br(), request_number + 1, 1, None));
            let short = Retry { base_delay: SECOND, ..retry(seed) };
            let told = |request_number| short.backoff(br(), request_number, 1, Some(9 * SECOND));
            prop_assert_ne!(told(request_number), told(request_number + 1), "though both were told the same");
        }
    }
}
