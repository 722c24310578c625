//! The scheduler, shared by threads that wait for attempts.

use crate::execution::run_state::RunState;
use crate::scheduler::{Action, AttemptId, AttemptScheduler, AttemptSpec};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// The state of a run, and where its threads wait.
#[derive(Debug)]
pub(crate) struct BlockingScheduler {
    pub(crate) run_state: RunState,
    changed: Condvar,
    /// Threads that wait; changed only while the scheduler is locked. A notification is a system call even if
    /// no thread waits.
    waiting: AtomicUsize,
    /// Threads of the run; changed only while the scheduler is locked.
    threads: AtomicUsize,
    /// Until when one thread waits with a timeout for all that wait: otherwise a thousand would wake
    /// whenever a single retry is due. Locked only while the scheduler is.
    timer_owner: Mutex<Option<Duration>>,
}

impl BlockingScheduler {
    /// For as many threads as the run has use for.
    pub(crate) fn new(run_state: RunState) -> Arc<BlockingScheduler> {
        let threads = run_state.scheduler().max_useful_concurrency();
        Arc::new(BlockingScheduler {
            run_state,
            changed: Condvar::new(),
            waiting: AtomicUsize::new(0),
            threads: AtomicUsize::new(threads),
            timer_owner: Mutex::default(),
        })
    }

    /// The number of threads, less those that have left.
    pub(crate) fn threads(&self) -> usize {
        self.threads.load(SeqCst)
    }

    /// Calls `work`, whose threads wait for attempts. A cancellation of the run wakes them.
    pub(crate) fn with_cancellation<T>(
        self: &Arc<BlockingScheduler>,
        work: impl FnOnce() -> T,
    ) -> T {
        let mut cancelled = pin!(self.run_state.template.cancel.cancelled());
        let waker = Waker::from(self.clone());
        // Polled once, to register the waker.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            waker.wake();
        }
        work()
    }

    /// Waits for the next attempt; `None` if there will be none.
    pub(crate) fn next(&self) -> Option<AttemptSpec> {
        self.take(self.run_state.scheduler())
    }

    /// Releases the slot of an attempt and waits for the next one.
    pub(crate) fn release_and_next(&self, id: AttemptId) -> Option<AttemptSpec> {
        let mut scheduler = self.run_state.scheduler();
        scheduler.release_slot(id);
        // The release may have made more attempts ready than this thread takes.
        self.notify_one();
        self.take(scheduler)
    }

    fn take(&self, mut scheduler: MutexGuard<'_, AttemptScheduler>) -> Option<AttemptSpec> {
        loop {
            let now = self.run_state.template.clock.now();
            match scheduler.next(now) {
                Action::Start(spec) => {
                    // More attempts may be ready than this one.
                    self.notify_one();
                    return Some(spec);
                }
                Action::Finished => {
                    self.changed.notify_all();
                    return None;
                }
                // A surplus thread leaves while others still work: to end all of them at the end of the run,
                // one after the other under the scheduler's lock, takes as long as to start them.
                _ if scheduler.max_useful_concurrency() < self.threads.load(SeqCst) => {
                    self.threads.fetch_sub(1, SeqCst);
                    self.notify_one();
                    return None;
                }
                Action::SleepUntil(until) if self.needs_timer(until) => {
                    scheduler = self.wait_until(scheduler, until, until.saturating_sub(now));
                }
                Action::SleepUntil(_) | Action::Blocked => {
                    self.waiting.fetch_add(1, SeqCst);
                    let woken = self.changed.wait(scheduler);
                    scheduler = woken.unwrap_or_else(PoisonError::into_inner);
                    self.waiting.fetch_sub(1, SeqCst);
                }
            }
        }
    }

    fn notify_one(&self) {
        if self.waiting.load(SeqCst) > 0 {
            self.changed.notify_one();
        }
    }

    fn needs_timer(&self, until: Duration) -> bool {
        self.timer_owner().is_none_or(|owned| until < owned)
    }

    fn wait_until<'a>(
        &self,
        scheduler: MutexGuard<'a, AttemptScheduler>,
        until: Duration,
        wait: Duration,
    ) -> MutexGuard<'a, AttemptScheduler> {
        *self.timer_owner() = Some(until);
        self.waiting.fetch_add(1, SeqCst);
        let woken = self.changed.wait_timeout(scheduler, wait);
        let (scheduler, _) = woken.unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, SeqCst);
        let mut owner = self.timer_owner();
        // Another thread may own the timer now, for an earlier time.
        if *owner == Some(until) {
            *owner = None;
        }
        drop(owner);
        scheduler
    }

    fn timer_owner(&self) -> MutexGuard<'_, Option<Duration>> {
        self.timer_owner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Woken when the run is cancelled.
impl Wake for BlockingScheduler {
    fn wake(self: Arc<BlockingScheduler>) {
        self.run_state.scheduler().stop();
        self.changed.notify_all();
    }
}
