//! The rules of a run for late responses, failures and redirects. The rules are pure functions, the same for every
//! strategy: they have no clock, and their random numbers follow from the seed. The
//! scheduler applies them.

mod adaptive_limit;
mod circuit_breaker;
mod concurrency_limit;
mod hedge;
mod redirects;
mod retry;
mod retry_rule;
mod timeouts;

pub(crate) use adaptive_limit::AdaptiveLimit;
pub use circuit_breaker::CircuitBreakerConfig;
pub(crate) use circuit_breaker::{CircuitBreaker, CircuitPermit};
pub use concurrency_limit::ConcurrencyLimit;
pub(crate) use hedge::KaplanMeier;
pub use hedge::{Hedge, HedgeDelay};
pub(crate) use redirects::{is_redirect, redirects_to_get, request_url, resolve_location};
pub(crate) use retry::parse_retry_after;
pub use retry::{Retry, RetryBudgetConfig};
pub use retry_rule::{CustomRetry, FailedTry, RetryRule};
use std::time::Duration;
pub use timeouts::{SpeedLimit, Timeouts};

/// The rules of a run. The default has no timeouts, retries or hedges, follows five redirects and reuses
/// connections.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Time limits of an attempt.
    pub timeouts: Timeouts,
    /// Which outcomes are retried, how often and when.
    pub retry: Retry,
    /// A rule of another crate that takes the place of `retry`.
    pub custom_retry: Option<CustomRetry>,
    /// Limit of the retries of all downloads together; `None`: no limit. Which download gets the last
    /// retry depends on timing, so with a budget two runs with the same seed may end differently.
    pub budget: Option<RetryBudgetConfig>,
    /// When slow requests are duplicated.
    pub hedge: Option<Hedge>,
    /// When nothing is sent for a while because many requests have failed. Which requests are not sent depends on timing.
    pub circuit_breaker: Option<CircuitBreakerConfig>,
    /// How many redirects in a row are followed; 0 follows none. The default is five, as RFC 2068 section 10.3 advised.
    pub max_redirects: u32,
    /// Whether connections are reused; if not, each request says `Connection: close`.
    pub reuse: bool,
    /// Whether an idempotent request that got no byte of a response on a reused connection is repeated once, at once, on a
    /// new connection (RFC 9112 section 9.3.1). The repetition counts neither as a try nor in the retry budget.
    pub retry_stale: bool,
    /// Whether requests with methods that are not idempotent (RFC 9110 section 9.2.2), such as POST, are hedged, and repeated
    /// although the server may have received them. If not, they are retried only if nothing was sent.
    pub repeat_non_idempotent: bool,
    /// How long the run may take. After this time nothing is started, and the attempts in flight end with
    /// [`TimeoutKind::Run`](flagpole_protocol::TimeoutKind::Run); a retry that would be due later is not made.
    pub max_time: Option<Duration>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            custom_retry: None,
            budget: None,
            hedge: None,
            circuit_breaker: None,
            max_redirects: 5,
            reuse: true,
            retry_stale: false,
            repeat_non_idempotent: false,
            max_time: None,
        }
    }
}

impl Policy {
    /// Maximum number of tries of a download, at least 1.
    pub(crate) fn max_attempts(&self) -> u32 {
        self.retry_rule().max_attempts().max(1)
    }

    /// Whether a decision depends on all requests of a run, and not only on the one that it is about.
    pub(crate) fn counts_over_all_requests(&self) -> bool {
        self.budget.is_some() || self.hedge.is_some() || self.circuit_breaker.is_some()
    }

    /// The rule for retries.
    pub(crate) fn retry_rule(&self) -> &dyn RetryRule {
        match &self.custom_retry {
            Some(custom) => custom.rule(),
            None => &self.retry,
        }
    }
}
