//! Gives the attempts of the scheduler to threads that block until there is an attempt for them.

use crate::execution::run_state::RunState;
use crate::scheduler::{Action, AttemptId, AttemptScheduler, AttemptSpec};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::{pin::pin, time::Duration};

/// [`timer_until`](BlockingScheduler::timer_until) if no thread waits with a timeout.
const NO_TIMER: u64 = u64::MAX;

/// The state of a run, and the condition variable on which its threads wait. The numbers change only while the scheduler
/// is locked; they are atomic only to be mutable.
#[derive(Debug)]
pub(crate) struct BlockingScheduler {
    pub(crate) run_state: RunState,
    changed: Condvar,
    /// Number of threads that wait. If it is 0, no notification is sent, because each is a system call.
    waiting_count: AtomicUsize,
    /// See [`thread_count`](Self::thread_count).
    thread_count: AtomicUsize,
    /// The earliest time until which a thread waits with a timeout, on behalf of all waiting threads: if each had a
    /// timeout, a thousand threads would wake for a single retry. In nanoseconds from the start of the run.
    timer_until: AtomicU64,
}

impl BlockingScheduler {
    /// For at most `threads` threads that take attempts, and at most as many as can have an attempt in flight at once.
    pub(crate) fn new(run_state: RunState, threads: usize) -> Arc<BlockingScheduler> {
        let threads = run_state.scheduler().max_in_flight().min(threads);
        Arc::new(BlockingScheduler {
            run_state,
            changed: Condvar::new(),
            waiting_count: AtomicUsize::new(0),
            thread_count: AtomicUsize::new(threads),
            timer_until: AtomicU64::new(NO_TIMER),
        })
    }

    /// The number of threads that the run needs: at first those to start, then less by each that has ended because it was
    /// no longer needed. Threads that end because the run is finished still count.
    pub(crate) fn thread_count(&self) -> usize {
        self.thread_count.load(SeqCst)
    }

    /// Calls `work`, which starts the threads and joins them. Cancelling the run wakes all waiting threads.
    pub(crate) fn with_cancellation<T>(
        self: &Arc<BlockingScheduler>,
        work: impl FnOnce() -> T,
    ) -> T {
        let mut cancelled = pin!(self.run_state.template.cancel.cancelled());
        let waker = Waker::from(self.clone());
        // Polled only once, to register the waker, which stays registered until `cancelled` is dropped, after `work`.
        if let Poll::Ready(()) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
            waker.wake();
        }
        work()
    }

    /// Waits for the next attempt; `None` if there will be none.
    pub(crate) fn next(&self) -> Option<AttemptSpec> {
        self.take(self.run_state.scheduler())
    }

    /// Releases the concurrency slot of an attempt and waits for the next one.
    pub(crate) fn release_and_next(&self, id: AttemptId) -> Option<AttemptSpec> {
        self.take(self.release(id))
    }

    /// Releases the concurrency slot of an attempt. The release may have made more attempts ready than the caller takes.
    pub(crate) fn release(&self, id: AttemptId) -> MutexGuard<'_, AttemptScheduler> {
        let mut scheduler = self.run_state.scheduler();
        scheduler.release_slot(id);
        self.notify_one();
        scheduler
    }

    fn take(&self, mut scheduler: MutexGuard<'_, AttemptScheduler>) -> Option<AttemptSpec> {
        loop {
            let now = self.run_state.template.clock.now();
            let until = match scheduler.next(now) {
                Action::Start(spec) => {
                    // More attempts may be ready than this one; and if this thread was the one with the timer, another
                    // must become it.
                    self.notify_one();
                    return Some(spec);
                }
                Action::Finished => {
                    self.changed.notify_all();
                    return None;
                }
                // A thread that is no longer needed ends at once, while others still work. If all ended when the run
                // does, they would queue for the scheduler's lock, which would take as long as starting them.
                _ if scheduler.max_in_flight() < self.thread_count.load(SeqCst) => {
                    self.thread_count.fetch_sub(1, SeqCst);
                    // The notification that woke this thread is passed on.
                    self.notify_one();
                    return None;
                }
                Action::SleepUntil(until) => Some(until),
                Action::Blocked => None,
            };
            self.waiting_count.fetch_add(1, SeqCst);
            scheduler = self.wait(scheduler, until, now);
            self.waiting_count.fetch_sub(1, SeqCst);
        }
    }

    fn notify_one(&self) {
        if self.waiting_count.load(SeqCst) > 0 {
            self.changed.notify_one();
        }
    }

    /// Waits for a notification, and at most until a time for which no other thread waits.
    fn wait<'a>(
        &self,
        scheduler: MutexGuard<'a, AttemptScheduler>,
        until: Option<Duration>,
        now: Duration,
    ) -> MutexGuard<'a, AttemptScheduler> {
        // A time that does not fit is as good as none: it is 584 years away.
        let until = until.and_then(|until| u64::try_from(until.as_nanos()).ok());
        let timer = until.filter(|until| *until < self.timer_until.load(SeqCst));
        let Some(timer) = timer else {
            let woken = self.changed.wait(scheduler);
            return woken.unwrap_or_else(PoisonError::into_inner);
        };
        self.timer_until.store(timer, SeqCst);
        let wait = Duration::from_nanos(timer).saturating_sub(now);
        let woken = self.changed.wait_timeout(scheduler, wait);
        let (scheduler, _) = woken.unwrap_or_else(PoisonError::into_inner);
        // By now another thread may have the timer, with an earlier time.
        let _ = self
            .timer_until
            .compare_exchange(timer, NO_TIMER, SeqCst, SeqCst);
        scheduler
    }
}

/// Woken when the run is cancelled. No thread may cancel the run while it holds the scheduler's lock.
impl Wake for BlockingScheduler {
    fn wake(self: Arc<BlockingScheduler>) {
        self.run_state.scheduler().stop();
        self.changed.notify_all();
    }
}
