//! How many answers may be in service at once, and how many may wait for it.
//!
//! Not a part of fates: who is refused depends on who else is there. A refused request is answered 503
//! with `Retry-After` (RFC 9110 sections 15.6.4 and 10.2.3); waiting ones are served first come, first
//! served.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// When a refused client may try again, in seconds: answers are over sooner, but the field has no
/// smaller unit.
pub(crate) const RETRY_AFTER: u64 = 1;

/// The seats of one listener, shared by its workers.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    seats: Arc<Semaphore>,
    /// How many may wait.
    queue: usize,
    waiting: AtomicUsize,
    taken: AtomicUsize,
    most_taken: AtomicUsize,
}

/// A place in service; dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    capacity: Arc<ConcurrencyLimit>,
    _permit: OwnedSemaphorePermit,
}

/// A place in the queue; dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct QueuedPermit(Arc<ConcurrencyLimit>);

/// What a request gets that comes to the door.
#[derive(Debug)]
pub(crate) enum Admission {
    /// A seat.
    Now(Permit),
    /// A place in the queue.
    Later(QueuedPermit),
    /// Nothing: the queue is full.
    Refused,
}

impl ConcurrencyLimit {
    pub(crate) fn new(seats: NonZero<usize>, queue: usize) -> Arc<ConcurrencyLimit> {
        Arc::new(ConcurrencyLimit {
            seats: Arc::new(Semaphore::new(seats.get().min(Semaphore::MAX_PERMITS))),
            queue,
            waiting: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            most_taken: AtomicUsize::new(0),
        })
    }

    /// A request comes to the door. A seat that is given back goes to the queue first, so nobody
    /// overtakes it.
    pub(crate) fn admit(self: &Arc<Self>) -> Admission {
        if let Ok(permit) = self.seats.clone().try_acquire_owned() {
            return Admission::Now(self.seat(permit));
        }
        let room = |waiting| (waiting < self.queue).then_some(waiting + 1);
        match self
            .waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
        {
            Ok(_) => Admission::Later(QueuedPermit(self.clone())),
            Err(_) => Admission::Refused,
        }
    }

    /// The most answers that ever were in service at once.
    pub(crate) fn most_taken(&self) -> usize {
        self.most_taken.load(Ordering::Relaxed)
    }

    fn seat(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Permit {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_taken.fetch_max(taken, Ordering::Relaxed);
        Permit {
            capacity: self.clone(),
            _permit: permit,
        }
    }
}

impl QueuedPermit {
    /// Waits for a seat.
    pub(crate) async fn seat(self) -> Permit {
        let seats = self.0.seats.clone();
        let permit = seats
            .acquire_owned()
            .await
            .expect("the seats are never closed");
        self.0.seat(permit)
    }
}

impl Drop for QueuedPermit {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.capacity.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn is_seated(waiting: std::pin::Pin<&mut impl Future<Output = Permit>>) -> bool {
        matches!(
            waiting.poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(_)
        )
    }

    fn ticket(capacity: &Arc<ConcurrencyLimit>) -> QueuedPermit {
        match capacity.admit() {
            Admission::Later(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_queue_is_served_in_order_and_what_is_over_it_is_refused() {
        let capacity = ConcurrencyLimit::new(1.try_into().unwrap(), 2);
        let Admission::Now(seat) = capacity.admit() else {
            panic!("the first one sits down")
        };
        let mut first = pin!(ticket(&capacity).seat());
        let mut second = pin!(ticket(&capacity).seat());
        assert!(!is_seated(first.as_mut()) && !is_seated(second.as_mut()));
        assert!(matches!(capacity.admit(), Admission::Refused));
        drop(seat);
        assert!(!is_seated(second.as_mut()), "it came later");
        assert!(is_seated(first.as_mut()));
        assert_eq!(capacity.most_taken(), 1);
    }

    #[test]
    fn who_leaves_the_queue_makes_room_in_it() {
        let capacity = ConcurrencyLimit::new(1.try_into().unwrap(), 1);
        let _seat = capacity.admit();
        drop(ticket(&capacity));
        assert!(matches!(capacity.admit(), Admission::Later(_)));
    }
}
