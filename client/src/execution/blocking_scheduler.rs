//! The agenda, shared by threads that wait for it to have something to do.

use crate::execution::session::RunState;
use crate::scheduler::{Action, AttemptScheduler, AttemptSpec};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A session, and the bell at which its threads wait.
#[derive(Debug)]
pub(crate) struct BlockingScheduler {
    pub(crate) session: RunState,
    bell: Condvar,
    /// How many wait at it; changed within the agenda only. To ring is a system call, be there nobody to
    /// hear.
    waiting: AtomicUsize,
    /// How many threads there are; changed within the agenda only.
    threads: AtomicUsize,
    /// Until when a thread watches the time, on behalf of all that wait: otherwise a thousand would
    /// start up whenever a single retry is due. Locked within the agenda only.
    watched: Mutex<Option<Duration>>,
}

impl BlockingScheduler {
    /// For as many threads as can be of use.
    pub(crate) fn new(session: RunState) -> Arc<BlockingScheduler> {
        let threads = session.agenda().most_at_once();
        Arc::new(BlockingScheduler {
            session,
            bell: Condvar::new(),
            waiting: AtomicUsize::new(0),
            threads: AtomicUsize::new(threads),
            watched: Mutex::default(),
        })
    }

    /// How many threads there are to be, or are left.
    pub(crate) fn threads(&self) -> usize {
        self.threads.load(SeqCst)
    }

    /// Does work in which threads wait for attempts; when the run is cancelled, they wait no longer.
    pub(crate) fn open<T>(self: &Arc<BlockingScheduler>, work: impl FnOnce() -> T) -> T {
        let mut cancelled = pin!(self.session.wire.cancel.cancelled());
        let waker = Waker::from(self.clone());
        // To be asked once is to be told later.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            waker.wake();
        }
        work()
    }

    /// The next attempt, waiting for it; `None` if there will be none.
    pub(crate) fn next(&self) -> Option<AttemptSpec> {
        self.take(self.session.agenda())
    }

    /// The same for a lane that has nothing more to do for this attempt, and gives it back.
    pub(crate) fn next_behind(&self, start: &AttemptSpec) -> Option<AttemptSpec> {
        let mut agenda = self.session.agenda();
        agenda.leave(start.id);
        // There may be more to do than this lane will.
        self.ring();
        self.take(agenda)
    }

    fn take(&self, mut agenda: MutexGuard<'_, AttemptScheduler>) -> Option<AttemptSpec> {
        loop {
            let now = self.session.wire.clock.now();
            match agenda.next(now) {
                Action::Start(start) => {
                    // There may be more than this one.
                    self.ring();
                    return Some(start);
                }
                Action::Over => {
                    self.bell.notify_all();
                    return None;
                }
                // It goes while others still work: to send all of them away at the end, one through the
                // agenda after the other, takes as long as it took to begin.
                _ if agenda.most_at_once() < self.threads.load(SeqCst) => {
                    self.threads.fetch_sub(1, SeqCst);
                    self.ring();
                    return None;
                }
                Action::Wait(until) if self.is_unwatched(until) => {
                    agenda = self.watch(agenda, until, until.saturating_sub(now));
                }
                Action::Wait(_) | Action::Await => {
                    self.waiting.fetch_add(1, SeqCst);
                    let woken = self.bell.wait(agenda);
                    agenda = woken.unwrap_or_else(PoisonError::into_inner);
                    self.waiting.fetch_sub(1, SeqCst);
                }
            }
        }
    }

    fn ring(&self) {
        if self.waiting.load(SeqCst) > 0 {
            self.bell.notify_one();
        }
    }

    fn is_unwatched(&self, until: Duration) -> bool {
        self.watched().is_none_or(|watched| until < watched)
    }

    fn watch<'a>(
        &self,
        agenda: MutexGuard<'a, AttemptScheduler>,
        until: Duration,
        wait: Duration,
    ) -> MutexGuard<'a, AttemptScheduler> {
        *self.watched() = Some(until);
        self.waiting.fetch_add(1, SeqCst);
        let woken = self.bell.wait_timeout(agenda, wait);
        let (agenda, _) = woken.unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, SeqCst);
        let mut watched = self.watched();
        // Another may have taken over, for an earlier time.
        if *watched == Some(until) {
            *watched = None;
        }
        drop(watched);
        agenda
    }

    fn watched(&self) -> MutexGuard<'_, Option<Duration>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for BlockingScheduler {
    /// The run was cancelled.
    fn wake(self: Arc<BlockingScheduler>) {
        self.session.agenda().stop();
        self.bell.notify_all();
    }
}
