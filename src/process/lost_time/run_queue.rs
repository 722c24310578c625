//! How long the threads that made attempts waited for a processor.
//!
//! The figures of a thread end with the thread, so each is read when it ends: by the destructor of a thread-local value
//! that its first attempt initialises.

use super::sched_stat::SchedStat;
use crate::process::resource_usage;
use flagpole_protocol::AttemptRecord;
use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// Threads must have ended this long after the run. A scope of threads may return before their thread-local values are
/// dropped.
const END_TIMEOUT: Duration = Duration::from_millis(200);

thread_local! {
    static STATE: RefCell<ThreadState> = const { RefCell::new(ThreadState::New) };
}

enum ThreadState {
    /// The thread has made no attempt.
    New,
    NotSampled,
    Sampled {
        _reader: ThreadReader,
    },
}

/// Observes the threads of one run.
pub(super) struct RunQueue {
    sums: Arc<Sums>,
    /// The thread that started this observation: it lives longer than the run, and may make attempts itself.
    caller: ThreadId,
    caller_before: Option<SchedStat>,
    start: Instant,
}

/// The sums over the sampled threads.
#[derive(Clone, Copy, Default)]
pub(super) struct Waiting {
    pub(super) run_queue: Duration,
    pub(super) thread_time: Duration,
    /// The CPU time that the readings took.
    pub(super) cost: Duration,
    pub(super) is_incomplete: bool,
}

#[derive(Default)]
struct Sums {
    state: Mutex<SumsState>,
    thread_ended: Condvar,
}

#[derive(Default)]
struct SumsState {
    /// The number of threads that made attempts.
    threads: u64,
    /// The number of sampled threads that have not been read.
    running: u64,
    waiting: Waiting,
}

impl RunQueue {
    pub(super) fn start() -> RunQueue {
        RunQueue {
            sums: Arc::default(),
            caller: thread::current().id(),
            caller_before: SchedStat::of_this_thread(),
            start: Instant::now(),
        }
    }

    /// Called after each attempt, in the thread that made it.
    pub(super) fn observe(&self, record: &AttemptRecord) {
        STATE.with_borrow_mut(|state| {
            if let ThreadState::New = state {
                *state = self.first_attempt(record);
            }
        });
    }

    fn first_attempt(&self, record: &AttemptRecord) -> ThreadState {
        let is_caller = thread::current().id() == self.caller;
        let mut sums = self.sums.lock();
        sums.threads += 1;
        if !is_sampled(sums.threads) {
            return ThreadState::NotSampled;
        }
        sums.running += 1;
        let (before, since) = if is_caller {
            (self.caller_before, self.start)
        } else {
            // The thread was started for the attempt, when the attempt was due.
            let age = record.done.saturating_sub(record.due);
            let started = Instant::now().checked_sub(age).unwrap_or(self.start);
            (Some(SchedStat::default()), started.max(self.start))
        };
        let reader = ThreadReader {
            sums: self.sums.clone(),
            before,
            since,
        };
        ThreadState::Sampled { _reader: reader }
    }

    /// The CPU time of the readings so far.
    pub(super) fn cost(&self) -> Duration {
        self.sums.lock().waiting.cost
    }

    /// Ends the observation, in the thread that started it; `None` if the system does not report run-queue delays.
    pub(super) fn finish(self) -> Option<Waiting> {
        drop(STATE.replace(ThreadState::New));
        let sums = self.sums.lock();
        let waited = self
            .sums
            .thread_ended
            .wait_timeout_while(sums, END_TIMEOUT, |sums| sums.running > 0);
        let (sums, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let waiting = sums.waiting;
        (!waiting.is_incomplete && !waiting.thread_time.is_zero()).then_some(waiting)
    }
}

/// Which of the threads are sampled: 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on. A reading costs as much CPU time as a
/// request, so that the readings of 1,000 threads would be seen in what they measure; a mean over some of them is as good.
fn is_sampled(thread: u64) -> bool {
    thread > 0 && matches!(thread >> thread.trailing_zeros(), 1 | 3)
}

impl Sums {
    fn lock(&self) -> MutexGuard<'_, SumsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the figures of its thread on drop, at the end of the thread.
struct ThreadReader {
    sums: Arc<Sums>,
    /// The figures before the run.
    before: Option<SchedStat>,
    since: Instant,
}

impl Drop for ThreadReader {
    fn drop(&mut self) {
        let cpu_before = resource_usage::of_thread().cpu_us();
        let thread_time = self.since.elapsed();
        let stat = SchedStat::of_this_thread().zip(self.before);
        let cost = resource_usage::of_thread().cpu_us() - cpu_before;
        let mut sums = self.sums.lock();
        let waiting = &mut sums.waiting;
        match stat {
            Some((stat, before)) => {
                waiting.run_queue += stat.since(before).run_queue;
                waiting.thread_time += thread_time;
            }
            None => waiting.is_incomplete = true,
        }
        waiting.cost += Duration::from_micros(cost);
        sums.running -= 1;
        self.sums.thread_ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_protocol::Outcome;

    #[test]
    fn sample_grows_with_the_logarithm_of_the_number_of_threads() {
        let sampled = |threads| (1..=threads).filter(|thread| is_sampled(*thread));
        assert!(sampled(30).eq([1, 2, 3, 4, 6, 8, 12, 16, 24]));
        assert_eq!(sampled(1000).count(), 19);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn threads_count_from_when_their_first_attempt_was_due_to_their_end() {
        let record = record(Outcome::Ok, Some(200));
        let queue = RunQueue::start();
        let start = Instant::now();
        // The attempt of the record took 50 ms.
        thread::sleep(Duration::from_millis(60));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| queue.observe(&record));
            }
        });
        let waiting = queue.finish().unwrap();
        assert!(waiting.thread_time >= 3 * Duration::from_millis(50));
        assert!(waiting.thread_time <= 3 * start.elapsed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn caller_counts_only_if_it_makes_attempts() {
        assert!(RunQueue::start().finish().is_none());
        for _ in 0..2 {
            let queue = RunQueue::start();
            thread::sleep(Duration::from_millis(1));
            queue.observe(&record(Outcome::Ok, Some(200)));
            queue.observe(&record(Outcome::Ok, Some(200)));
            let waiting = queue.finish().unwrap();
            assert!(waiting.thread_time >= Duration::from_millis(1));
        }
    }
}
