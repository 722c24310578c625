//! Limits of a listener: concurrency and rate, which admit, queue or reject requests, a shared bandwidth, and when
//! connections are accepted.
//!
//! Limits are no part of fates, because their effect depends on other requests.

pub(crate) mod accept_schedule;
pub(crate) mod concurrency_limit;
pub(crate) mod shared_bandwidth;
pub(crate) mod token_bucket;

use crate::config::listener::Listener;
use crate::http::prepared_response::PreparedResponse;
use concurrency_limit::{Admission, ConcurrencyLimit, RETRY_AFTER};
use flagpole_protocol::{Cause, ServerTiming};
use http::{HeaderName, HeaderValue, StatusCode, header};
use shared_bandwidth::SharedBandwidth;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Instant;
use token_bucket::TokenBucket;

/// The limits of one listener (one server of a profile).
#[derive(Debug, Default)]
pub(crate) struct ListenerLimits {
    pub(crate) concurrency: Option<Arc<ConcurrencyLimit>>,
    pub(crate) rate: Option<Arc<TokenBucket>>,
    pub(crate) bandwidth: Option<Arc<SharedBandwidth>>,
}

impl ListenerLimits {
    /// The limits of a listener.
    pub(crate) fn new(listener: &Listener) -> ListenerLimits {
        let to_usize = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let limit = (listener.concurrency_limit).and_then(|limit| NonZero::new(to_usize(limit)));
        let queue = to_usize(listener.queue.unwrap_or(0));
        ListenerLimits {
            concurrency: limit.map(|limit| ConcurrencyLimit::new(limit, queue)),
            rate: listener.rate_limit.map(TokenBucket::new).map(Arc::new),
            bandwidth: listener.bandwidth.map(SharedBandwidth::new).map(Arc::new),
        }
    }

    /// The limits of a listener whose configuration changes. Those that stay the same keep their state.
    pub(crate) fn after(
        (before, limits): (&Listener, &ListenerLimits),
        listener: &Listener,
    ) -> ListenerLimits {
        let mut next = ListenerLimits::new(listener);
        let concurrency = |of: &Listener| (of.concurrency_limit, of.queue);
        if concurrency(before) == concurrency(listener) {
            next.concurrency.clone_from(&limits.concurrency);
        }
        if before.rate_limit == listener.rate_limit {
            next.rate.clone_from(&limits.rate);
        }
        if before.bandwidth == listener.bandwidth {
            next.bandwidth.clone_from(&limits.bandwidth);
        }
        next
    }

    /// Whether there is no limit.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.concurrency.is_none() && self.rate.is_none() && self.bandwidth.is_none()
    }

    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub(crate) fn peak_concurrency(&self) -> u64 {
        let peak = |limit: &Arc<ConcurrencyLimit>| limit.peak() as u64;
        self.concurrency.as_ref().map_or(0, peak)
    }

    /// Makes the largest number of requests in service at a time the present one.
    pub(crate) fn reset_peak(&self) {
        if let Some(limit) = &self.concurrency {
            limit.reset_peak();
        }
    }

    /// Fills the token bucket of the rate limit and forgets what the bandwidth carries, as at the start.
    pub(crate) fn reset(&self) {
        if let Some(bucket) = &self.rate {
            bucket.fill();
        }
        if let Some(bandwidth) = &self.bandwidth {
            bandwidth.reset();
        }
    }

    /// Admits, queues or rejects a request.
    ///
    /// # Errors
    /// The cause of the rejection, and the response: 429 or 503 with `Retry-After`.
    pub(crate) fn admit(&self, now: Instant) -> Result<Admission, Box<(Cause, PreparedResponse)>> {
        if let Some(Err(wait)) = self.rate.as_ref().map(|bucket| bucket.take(now)) {
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Err(rejection(Cause::RateLimit, status, wait.as_secs() + 1));
        }
        let Some(limit) = &self.concurrency else {
            return Ok(Admission::Unlimited);
        };
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let rejected = || rejection(Cause::ConcurrencyLimit, status, RETRY_AFTER);
        limit.admit().ok_or_else(rejected)
    }
}

/// `retry_after` is in seconds.
fn rejection(cause: Cause, code: StatusCode, retry_after: u64) -> Box<(Cause, PreparedResponse)> {
    let mut response = PreparedResponse::for_status(code);
    let seconds = HeaderValue::from(retry_after);
    response.headers.insert(header::RETRY_AFTER, seconds);
    let timing = ServerTiming {
        fault: Some(cause.to_string()),
        ..ServerTiming::default()
    };
    let value = HeaderValue::try_from(timing.to_string()).expect("a cause is printable ASCII");
    let name = HeaderName::from_static("server-timing");
    response.headers.insert(name, value);
    Box::new((cause, response))
}
