//! Retries with exponential backoff and full jitter: the backoff before retry k (from 1) is uniformly
//! distributed from 0 to `min(max_delay, base_delay * 2^(k-1))`, so that clients that failed together do not
//! retry together. Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), finds that
//! full jitter makes the fewest calls.

use super::retry_rule::{FailedTry, RetryRule};
use flagpole_protocol::{DrawPurpose, Outcome, Resource, RngKey, TimeoutKind};
use rand::RngExt as _;
use std::time::{Duration, UNIX_EPOCH};

/// Which outcomes are retried, how often and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Maximum number of tries, including the first; 0 counts as 1.
    pub max_attempts: u32,
    /// Maximum backoff before the first retry; doubles with each further retry.
    pub base_delay: Duration,
    /// Upper limit of the doubling.
    pub max_delay: Duration,
    /// The statuses that are retried. A 404 is never retried, even if listed here, because its outcome is
    /// [`Outcome::NotFound`].
    pub statuses: Vec<u16>,
    /// The longest delay that is accepted from `Retry-After`; the backoff is added to it. A response that asks for more is
    /// not retried, because a retry would come too early.
    pub max_retry_after: Duration,
    /// No retry is due later than this after the first attempt of its download was due; `None`: no limit.
    pub max_time: Option<Duration>,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for Retry {
    /// No retries; if enabled, a backoff of at most 100 ms to 10 s, and `Retry-After` up to 60 s.
    fn default() -> Retry {
        Retry {
            max_attempts: 1,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(10),
            // The same request may succeed later (RFC 9110 section 15, RFC 6585 section 4).
            statuses: vec![408, 429, 500, 502, 503, 504],
            max_retry_after: Duration::from_secs(60),
            max_time: None,
            seed: 0,
        }
    }
}

impl Retry {
    /// Maximum number of tries, at least 1.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts.max(1)
    }

    /// The maximum backoff after `failures` (from 1) failed tries.
    pub fn max_delay_for(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.base_delay.saturating_mul(factor).min(self.max_delay)
    }

    /// The backoff after `failures` (from 1) failed tries: `retry_after` plus a jitter that depends on the seed, the
    /// resource and the request number of the last failed try. Without the jitter, all clients that got the same
    /// `Retry-After` would retry together. `None` if `retry_after` is longer than is accepted.
    pub fn backoff(
        &self,
        resource: Resource,
        request_number: u64,
        failures: u32,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let retry_after = retry_after.unwrap_or_default();
        if retry_after > self.max_retry_after {
            return None;
        }
        let longest = u64::try_from(self.max_delay_for(failures).as_nanos()).unwrap_or(u64::MAX);
        let mut rng =
            RngKey::new(self.seed, 0, resource.path(), request_number).rng(DrawPurpose::Backoff);
        let jitter = Duration::from_nanos(rng.random_range(0..=longest));
        Some(retry_after.saturating_add(jitter))
    }
}

impl RetryRule for Retry {
    fn max_attempts(&self) -> u32 {
        self.max_attempts()
    }

    fn is_retryable(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Http(status) => self.statuses.contains(status),
            Outcome::Timeout(kind, _) => *kind != TimeoutKind::Run,
            Outcome::ConnectionRefused
            | Outcome::ConnectFailed { .. }
            | Outcome::ConnectionReset
            | Outcome::ConnectionError { .. }
            | Outcome::EmptyReply
            | Outcome::IncompleteBody
            | Outcome::Corrupt
            | Outcome::UnexpectedBody
            | Outcome::CircuitOpen => true,
            Outcome::Ok
            | Outcome::NotModified
            | Outcome::NotFound
            | Outcome::Redirected(_)
            | Outcome::TooManyRedirects
            | Outcome::ProtocolError(_)
            | Outcome::ContentCoding(_)
            | Outcome::TooLarge
            | Outcome::BadMetadata(_)
            | Outcome::WriteFailed { .. }
            | Outcome::HedgeLost
            | Outcome::Cancelled
            | Outcome::Abandoned
            | Outcome::Unsent => false,
        }
    }

    fn backoff(&self, failed: &FailedTry) -> Option<Duration> {
        let FailedTry {
            resource,
            request_number,
            tries,
            retry_after,
            age,
        } = *failed;
        let backoff = self.backoff(resource, request_number, tries, retry_after)?;
        let is_in_time = |limit| age.saturating_add(backoff) <= limit;
        self.max_time.is_none_or(is_in_time).then_some(backoff)
    }
}

/// The delay that a `Retry-After` value (RFC 9110 section 10.2.3) asks for: seconds, or the time until an HTTP date. `now` counts
/// from the Unix epoch. `None` if the value is malformed.
pub(crate) fn parse_retry_after(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let date = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(date.saturating_sub(now))
}

/// Limit of the retries of all downloads together, which keeps retries from multiplying the load on a server that is
/// failing. After `RetryBudget` of Finagle (Twitter's RPC library), in which every first try pays for a fraction of a
/// retry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudgetConfig {
    /// Retries per first try, at least 0: 0.2 allows one retry for every five first tries.
    pub ratio: f64,
    /// Retries allowed in addition, from the start: without these a small run would have no retries.
    pub min_retries: u32,
}

impl Default for RetryBudgetConfig {
    /// One retry for every five first tries, plus ten.
    fn default() -> RetryBudgetConfig {
        RetryBudgetConfig {
            ratio: 0.2,
            min_retries: 10,
        }
    }
}

impl RetryBudgetConfig {
    /// Whether one more retry may be made after `retries` retries and `firsts` first tries.
    pub(crate) fn allows(&self, retries: u64, firsts: u64) -> bool {
        let limit = self.ratio * firsts as f64 + f64::from(self.min_retries);
        // Tolerates the rounding error of the product: 0.29 of 100 is 29.
        (retries + 1) as f64 <= limit + 1e-6
    }
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
    fn retry_after_is_accepted_up_to_its_limit_and_the_jitter_comes_on_top() {
        let retry = Retry::default();
        let wait = |asked| retry.backoff(br(), 0, 1, Some(asked));
        let drawn = retry.backoff(br(), 0, 1, None).unwrap();
        for accepted in [Duration::ZERO, 7 * SECOND, 60 * SECOND] {
            assert_eq!(wait(accepted), Some(accepted + drawn));
        }
        for too_long in [61 * SECOND, Duration::MAX] {
            assert_eq!(wait(too_long), None);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = Duration::from_secs;
        let parse = |value| parse_retry_after(value, seconds(784_111_777));
        assert_eq!(parse("120"), Some(seconds(120)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:47 GMT"), Some(seconds(10)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:30 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999"), Some(seconds(u64::MAX)));
        for malformed in ["", "-1", "1.5", "soon", "Sun, 06 Nov"] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn only_listed_statuses_are_retried_and_never_404() {
        let all = Retry {
            statuses: (100..=599).collect(),
            ..Retry::default()
        };
        for outcome in [Outcome::Ok, Outcome::NotFound, Outcome::from_status(404)] {
            assert!(!all.is_retryable(&outcome), "{outcome}");
        }
        let usual = Retry::default();
        assert!(
            usual.is_retryable(&Outcome::Http(503)) && !usual.is_retryable(&Outcome::Http(501))
        );
    }

    /// Computed by `protocol/tests/golden/rand_uses.py`.
    #[test]
    fn backoff_golden_vector() {
        let retry = Retry {
            seed: 7,
            ..Retry::default()
        };
        let waits = [1, 2, 3].map(|k| retry.backoff(br(), u64::from(k), k, None).unwrap());
        assert_eq!(
            waits.map(|wait| wait.as_nanos()),
            [84_763_464, 22_798_387, 13_422_094]
        );
    }

    proptest! {
        #[test]
        fn full_jitter_is_at_most_the_doubled_base(
            seed: u64, request_number: u64, failures in 1u32..100, base in 0u64..10_000, cap in 0u64..100_000,
        ) {
            let ms = Duration::from_millis;
            let retry = Retry { base_delay: ms(base), max_delay: ms(cap), seed, ..Retry::default() };
            let doubled = u128::from(base) << (failures - 1).min(64);
            let limit = ms(u64::try_from(doubled).unwrap_or(u64::MAX).min(cap));
            let wait = retry.backoff(br(), request_number, failures, None).unwrap();
            prop_assert!(wait <= limit, "{wait:?} over {limit:?}");
            prop_assert_eq!(Some(wait), retry.clone().backoff(br(), request_number, failures, None));
        }

        #[test]
        fn jitter_depends_on_seed_and_request_number(seed: u64, request_number in 0u64..1000) {
            let retry = |seed| Retry { seed, base_delay: 1000 * SECOND, max_delay: 1000 * SECOND, ..Retry::default() };
            let wait = retry(seed).backoff(br(), request_number, 1, None);
            prop_assert_ne!(wait, retry(seed ^ 1).backoff(br(), request_number, 1, None));
            prop_assert_ne!(wait, retry(seed).backoff(br(), request_number + 1, 1, None));
            let short = Retry { base_delay: SECOND, ..retry(seed) };
            let backoff = |request_number| short.backoff(br(), request_number, 1, Some(9 * SECOND));
            prop_assert_ne!(backoff(request_number), backoff(request_number + 1));
        }
    }

    #[test]
    fn min_retries_are_available_before_any_first_try() {
        let budget = RetryBudgetConfig {
            ratio: 0.5,
            min_retries: 2,
        };
        assert!(budget.allows(1, 0) && !budget.allows(2, 0));
        assert!(!budget.allows(2, 1), "half a retry");
        assert!(budget.allows(2, 2) && !budget.allows(3, 2));
    }

    proptest! {
        #[test]
        fn exactly_the_ratio_is_allowed(thousandths in 0u32..2000, min_retries in 0u32..5, firsts in 0u32..100_000) {
            let ratio = f64::from(thousandths) / 1000.0;
            let limit = u64::from(thousandths) * u64::from(firsts) / 1000 + u64::from(min_retries);
            let allows = |retries| RetryBudgetConfig { ratio, min_retries }.allows(retries, firsts.into());
            prop_assert!(!allows(limit) && (limit == 0 || allows(limit - 1)));
        }
    }
}
