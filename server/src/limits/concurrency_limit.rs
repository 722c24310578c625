//! The concurrency limit: the maximum number of requests in service, and a queue for further ones.
//!
//! A rejected request gets 503 with `Retry-After` (RFC 9110 sections 15.6.4 and 10.2.3). The queue is
//! first in, first out.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// `Retry-After` of a rejected request, in seconds; the field has no smaller unit.
pub(crate) const RETRY_AFTER: u64 = 1;

/// The concurrency limit of one listener, shared by its workers.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    /// Maximum number of queued requests.
    queue: usize,
    queued: AtomicUsize,
    in_service: AtomicUsize,
    peak: AtomicUsize,
}

/// The right of one request to be served; dropping the permit admits the next request.
#[derive(Debug)]
pub(crate) struct Permit {
    limit: Arc<ConcurrencyLimit>,
    _permit: OwnedSemaphorePermit,
}

/// The place of a request in the queue; dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct QueuedPermit(Arc<ConcurrencyLimit>);

/// How a request is admitted.
#[derive(Debug)]
pub(crate) enum Admission {
    /// There is no concurrency limit.
    Unlimited,
    /// The request is served immediately.
    Permit(Permit),
    /// The request is served after those before it in the queue.
    Queued(QueuedPermit),
}

impl ConcurrencyLimit {
    pub(crate) fn new(limit: NonZero<usize>, queue: usize) -> Arc<ConcurrencyLimit> {
        Arc::new(ConcurrencyLimit {
            permits: Arc::new(Semaphore::new(limit.get().min(Semaphore::MAX_PERMITS))),
            queue,
            queued: AtomicUsize::new(0),
            in_service: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
        })
    }

    /// Admits a request; `None` if the queue is full. The semaphore gives a returned permit to the longest waiting
    /// request, so no new request overtakes the queue.
    pub(crate) fn admit(self: &Arc<Self>) -> Option<Admission> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Some(Admission::Permit(self.grant(permit)));
        }
        let enqueue = |queued| (queued < self.queue).then_some(queued + 1);
        let queued = (self.queued).fetch_update(Ordering::Relaxed, Ordering::Relaxed, enqueue);
        queued.ok()?;
        Some(Admission::Queued(QueuedPermit(self.clone())))
    }

    /// The largest number of permits in use at a time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Makes the largest number of permits in use at a time the present one.
    pub(crate) fn reset_peak(&self) {
        let in_service = self.in_service.load(Ordering::Relaxed);
        self.peak.store(in_service, Ordering::Relaxed);
    }

    fn grant(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Permit {
        let in_service = self.in_service.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(in_service, Ordering::Relaxed);
        Permit {
            limit: self.clone(),
            _permit: permit,
        }
    }
}

impl QueuedPermit {
    /// Waits for a permit.
    pub(crate) async fn permit(self) -> Permit {
        let permits = self.0.permits.clone();
        let permit = permits
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        self.0.grant(permit)
    }
}

impl Drop for QueuedPermit {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limit.in_service.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::{Pin, pin};
    use std::task::{Context, Waker};

    fn is_granted(waiting: Pin<&mut impl Future<Output = Permit>>) -> bool {
        waiting
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    fn queued(limit: &Arc<ConcurrencyLimit>) -> QueuedPermit {
        match limit.admit() {
            Some(Admission::Queued(queued)) => queued,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn queue_is_first_in_first_out_and_rejects_when_full() {
        let limit = ConcurrencyLimit::new(1.try_into().unwrap(), 2);
        let Some(Admission::Permit(permit)) = limit.admit() else {
            panic!("the first request is granted")
        };
        let mut first = pin!(queued(&limit).permit());
        let mut second = pin!(queued(&limit).permit());
        assert!(!is_granted(first.as_mut()) && !is_granted(second.as_mut()));
        assert!(limit.admit().is_none());
        drop(permit);
        assert!(!is_granted(second.as_mut()), "the second came later");
        assert!(is_granted(first.as_mut()));
        assert_eq!(limit.peak(), 1);
    }

    #[test]
    fn dropped_queued_request_leaves_the_queue() {
        let limit = ConcurrencyLimit::new(1.try_into().unwrap(), 1);
        let _permit = limit.admit();
        drop(queued(&limit));
        assert!(matches!(limit.admit(), Some(Admission::Queued(_))));
    }
}
