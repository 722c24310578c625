//! Who is let in: the limits, which are no part of fates, because they depend on who else is there.

use crate::content::site;
use crate::content::site::Answer;
use crate::limits::concurrency::{Admission, ConcurrencyLimit, Permit, QueuedPermit, RETRY_AFTER};
use crate::limits::rate::TokenBucket;
use flagpole_protocol::Cause;
use flagpole_protocol::ServerTiming;
use flagpole_protocol::StatusResponse;
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;
use std::time::Instant;

/// The limits of one listener.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) capacity: Option<Arc<ConcurrencyLimit>>,
    pub(crate) bucket: Option<TokenBucket>,
}

/// How a request is let in.
#[derive(Debug)]
pub(crate) enum Pass {
    /// Nothing limits how many are served.
    Free,
    /// At once.
    Permit(Permit),
    /// When those before it have been served.
    Queued(QueuedPermit),
}

/// Why a request is not let in.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    status: StatusCode,
    /// Seconds until it may be tried again.
    retry_after: u64,
}

impl Limits {
    /// Whether everybody is let in.
    pub(crate) fn is_none(&self) -> bool {
        self.capacity.is_none() && self.bucket.is_none()
    }

    /// The most answers that ever were in service at once, where that is limited.
    pub(crate) fn most_in_service(&self) -> u64 {
        self.capacity
            .as_ref()
            .map_or(0, |capacity| capacity.most_taken() as u64)
    }

    /// Forgets who was let in before. Seats are given back by those who have them.
    pub(crate) fn refill(&self) {
        if let Some(bucket) = &self.bucket {
            bucket.fill();
        }
    }

    /// A request comes to the door.
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn admit(&self, now: Instant) -> Result<Pass, Refusal> {
        if let Some(bucket) = &self.bucket {
            bucket.admit(now).map_err(|wait| Refusal {
                cause: Cause::RateLimit,
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: wait.as_secs() + 1,
            })?;
        }
        match self.capacity.as_ref().map(ConcurrencyLimit::admit) {
            None => Ok(Pass::Free),
            Some(Admission::Now(seat)) => Ok(Pass::Permit(seat)),
            Some(Admission::Later(ticket)) => Ok(Pass::Queued(ticket)),
            Some(Admission::Refused) => Err(Refusal {
                cause: Cause::ConcurrencyLimit,
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after: RETRY_AFTER,
            }),
        }
    }
}

impl Refusal {
    /// The answer that says so.
    pub(crate) fn answer(&self) -> Answer {
        let mut answer = site::status(&StatusResponse {
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
        answer
            .headers
            .insert(HeaderName::from_static("server-timing"), value);
        answer
    }
}
