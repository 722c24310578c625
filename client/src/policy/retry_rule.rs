//! The interface of rules for retries.

use flagpole_protocol::{Outcome, Resource};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// Decides which failures are retried and when. [`Retry`](super::Retry) is the rule of every run; one of your own takes its
/// place by [`Policy::custom_retry`](super::Policy::custom_retry).
///
/// A rule is a pure function: it has no clock, and the same failures have the same retries. The retry budget and the limit of
/// the run's time apply to every rule.
pub trait RetryRule: Debug + Send + Sync {
    /// The maximum number of tries of a download, including the first; 0 counts as 1. The numbers of requests depend on it,
    /// so that it must not change during a run.
    fn max_attempts(&self) -> u32;

    /// Whether the same request may succeed after this outcome. Such an outcome is a failure for the circuit breaker too.
    fn is_retryable(&self, outcome: &Outcome) -> bool;

    /// How long to wait before the next try of a download; `None` if there is none. Called for outcomes that are
    /// retryable, unless the tries or the budget are used up.
    fn backoff(&self, failed: &FailedTry) -> Option<Duration>;
}

/// A try of a download that has failed, with its hedge if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedTry {
    /// The requested resource.
    pub resource: Resource,
    /// The number of its request for the resource, from 1.
    pub request_number: u64,
    /// How many tries have failed, from 1.
    pub tries: u32,
    /// The longest delay that a response to this try asks for (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// The time since the first attempt of the download was due.
    pub age: Duration,
}

/// A rule for retries in a [`Policy`](super::Policy), which can be cloned and compared: equal to its clones alone.
#[derive(Clone, Debug)]
pub struct CustomRetry(Arc<dyn RetryRule>);

impl CustomRetry {
    /// Wraps a rule.
    pub fn new(rule: impl RetryRule + 'static) -> CustomRetry {
        CustomRetry(Arc::new(rule))
    }

    pub(super) fn rule(&self) -> &dyn RetryRule {
        &*self.0
    }
}

impl PartialEq for CustomRetry {
    fn eq(&self, other: &CustomRetry) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
