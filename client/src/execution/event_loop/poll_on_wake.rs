//! Polls a future that is rarely ready only after that future has woken its task.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::{pin::Pin, sync::Arc};

/// Polls the inner future only if it has woken its task since the last poll. Other events may wake the task a
/// hundred thousand times a second, and a poll of the inner future takes locks.
#[derive(Debug)]
pub(crate) struct PollOnWake<F> {
    future: Pin<Box<F>>,
    recorder: Option<Arc<WakeRecorder>>,
}

/// Records that the inner future was woken, and wakes the task.
#[derive(Debug)]
struct WakeRecorder {
    is_woken: AtomicBool,
    task: Waker,
}

impl<F: Future> PollOnWake<F> {
    pub(crate) fn new(future: F) -> PollOnWake<F> {
        PollOnWake {
            future: Box::pin(future),
            recorder: None,
        }
    }

    /// Whether the inner future may be ready: never polled, or woken since the last poll.
    pub(crate) fn is_woken(&self) -> bool {
        let recorder = self.recorder.as_ref();
        recorder.is_none_or(|recorder| recorder.is_woken.load(SeqCst))
    }
}

impl<F: Future> Future for PollOnWake<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let recorder = match self.recorder.take() {
            Some(recorder) if recorder.task.will_wake(cx.waker()) => {
                // Reset before the poll, so that a wake during the poll is seen by the next one.
                if !recorder.is_woken.swap(false, SeqCst) {
                    self.recorder = Some(recorder);
                    return Poll::Pending;
                }
                recorder
            }
            _ => Arc::new(WakeRecorder {
                is_woken: AtomicBool::new(false),
                task: cx.waker().clone(),
            }),
        };
        let waker = Waker::from(recorder.clone());
        let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            recorder.is_woken.store(true, SeqCst);
        }
        self.recorder = Some(recorder);
        polled
    }
}

impl Wake for WakeRecorder {
    fn wake(self: Arc<WakeRecorder>) {
        self.is_woken.store(true, SeqCst);
        self.task.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, future::poll_fn, pin::pin};
    use tokio::sync::Notify;

    #[derive(Default)]
    struct TestWaker(AtomicBool);

    impl Wake for TestWaker {
        fn wake(self: Arc<TestWaker>) {
            self.0.store(true, SeqCst);
        }
    }

    #[test]
    fn inner_future_is_polled_only_after_a_wake() {
        let (polls, notify) = (Cell::new(0), Notify::new());
        let mut notified = pin!(notify.notified());
        let inner = poll_fn(|cx| {
            polls.set(polls.get() + 1);
            notified.as_mut().poll(cx)
        });
        let mut outer = PollOnWake::new(inner);
        assert!(outer.is_woken(), "never polled");
        let task = Waker::from(Arc::new(TestWaker::default()));
        let mut poll = || Pin::new(&mut outer).poll(&mut Context::from_waker(&task));
        for _ in 0..3 {
            assert!(poll().is_pending());
        }
        assert_eq!(polls.get(), 1);
        notify.notify_waiters();
        assert!(poll().is_ready());
        assert_eq!(polls.get(), 2);
        assert!(outer.is_woken());
    }

    #[test]
    fn task_that_polled_last_is_woken() {
        let tasks = [(); 2].map(|()| Arc::new(TestWaker::default()));
        let notify = Notify::new();
        let mut outer = PollOnWake::new(notify.notified());
        for task in &tasks {
            let waker = Waker::from(task.clone());
            let polled = Pin::new(&mut outer).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending() && !outer.is_woken());
        }
        notify.notify_waiters();
        assert!(outer.is_woken());
        assert_eq!(tasks.map(|task| task.0.load(SeqCst)), [false, true]);
    }
}
