//! Admits, queues or rejects requests by the limits of a listener.

use crate::http::prepared_response::PreparedResponse;
use crate::limits::concurrency_limit::{
    ConcurrencyLimit, Permit, PermitRequest, QueuedPermit, RETRY_AFTER,
};
use crate::limits::token_bucket::TokenBucket;
use flagpole_protocol::{Cause, ServerTiming, StatusResponse};
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;
use std::time::Instant;

/// The limits of one listener (one server of a profile).
#[derive(Debug, Default)]
pub(crate) struct ListenerLimits {
    pub(crate) concurrency: Option<Arc<ConcurrencyLimit>>,
    pub(crate) rate: Option<TokenBucket>,
}

/// How a request is admitted.
#[derive(Debug)]
pub(crate) enum Admission {
    /// The listener has no concurrency limit.
    Unlimited,
    /// The request is served immediately.
    Permit(Permit),
    /// The request is served after those before it in the queue.
    Queued(QueuedPermit),
}

/// A request that a limit rejects.
#[derive(Debug)]
pub(crate) struct RejectedRequest {
    pub(crate) cause: Cause,
    status: StatusCode,
    /// The value of `Retry-After`, in seconds.
    retry_after: u64,
}

impl ListenerLimits {
    /// Whether there is no limit.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.concurrency.is_none() && self.rate.is_none()
    }

    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub(crate) fn peak_concurrency(&self) -> u64 {
        self.concurrency
            .as_ref()
            .map_or(0, |limit| limit.peak() as u64)
    }

    /// Fills the token bucket of the rate limit, as at the start.
    pub(crate) fn reset(&self) {
        if let Some(bucket) = &self.rate {
            bucket.fill();
        }
    }

    /// Admits, queues or rejects a request.
    ///
    /// # Errors
    /// The rejection, with its cause.
    pub(crate) fn admit(&self, now: Instant) -> Result<Admission, RejectedRequest> {
        if let Some(bucket) = &self.rate {
            bucket.take(now).map_err(|wait| RejectedRequest {
                cause: Cause::RateLimit,
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: wait.as_secs() + 1,
            })?;
        }
        match self.concurrency.as_ref().map(ConcurrencyLimit::request) {
            None => Ok(Admission::Unlimited),
            Some(PermitRequest::Granted(permit)) => Ok(Admission::Permit(permit)),
            Some(PermitRequest::Queued(queued)) => Ok(Admission::Queued(queued)),
            Some(PermitRequest::Rejected) => Err(RejectedRequest {
                cause: Cause::ConcurrencyLimit,
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after: RETRY_AFTER,
            }),
        }
    }
}

impl RejectedRequest {
    /// The response to the request: 429 or 503 with `Retry-After`.
    pub(crate) fn response(&self) -> PreparedResponse {
        let mut response = PreparedResponse::for_fault(&StatusResponse {
            code: self.status,
            reason: None,
            retry_after: Some(self.retry_after),
            body: None,
        });
        let timing = ServerTiming {
            fault: Some(self.cause.to_string()),
            ..ServerTiming::default()
        };
        let value = HeaderValue::try_from(timing.to_string()).expect("a cause is printable ASCII");
        response
            .headers
            .insert(HeaderName::from_static("server-timing"), value);
        response
    }
}
