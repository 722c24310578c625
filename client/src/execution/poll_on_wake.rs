//! Waits for something that hardly ever happens, beside things that happen all the time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is asked only if it has woken its task since it was asked last: a task that others wake a
/// hundred thousand times a second would ask it each time, and to be asked costs it some locks.
#[derive(Debug)]
pub(crate) struct PollOnWake<'a, F> {
    future: Pin<&'a mut F>,
    call: Option<Arc<Call>>,
}

/// By which it wakes its task.
#[derive(Debug)]
struct Call {
    is_woken: AtomicBool,
    task: Waker,
}

impl<'a, F> PollOnWake<'a, F> {
    pub(crate) fn new(future: Pin<&'a mut F>) -> PollOnWake<'a, F> {
        PollOnWake { future, call: None }
    }

    /// Whether it has ended, or might have, for all that is known without asking: who was never asked might.
    pub(crate) fn is_woken(&self) -> bool {
        let call = self.call.as_ref();
        call.is_none_or(|call| call.is_woken.load(SeqCst))
    }
}

impl<F: Future> Future for PollOnWake<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let call = match self.call.take() {
            Some(call) if call.task.will_wake(cx.waker()) => {
                // Taken back before it is asked: what wakes the task from now on is another matter.
                if !call.is_woken.swap(false, SeqCst) {
                    self.call = Some(call);
                    return Poll::Pending;
                }
                call
            }
            _ => Arc::new(Call {
                is_woken: AtomicBool::new(false),
                task: cx.waker().clone(),
            }),
        };
        let waker = Waker::from(call.clone());
        let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            call.is_woken.store(true, SeqCst);
        }
        self.call = Some(call);
        polled
    }
}

impl Wake for Call {
    fn wake(self: Arc<Call>) {
        self.is_woken.store(true, SeqCst);
        self.task.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::pin;
    use tokio::sync::Notify;

    #[derive(Default)]
    struct Task(AtomicBool);

    impl Wake for Task {
        fn wake(self: Arc<Task>) {
            self.0.store(true, SeqCst);
        }
    }

    #[test]
    fn it_is_asked_once_until_it_wakes_its_task() {
        let (asked, bell) = (Cell::new(0), Notify::new());
        let mut notified = pin!(bell.notified());
        let mut rare = pin!(poll_fn(|cx| {
            asked.set(asked.get() + 1);
            notified.as_mut().poll(cx)
        }));
        let mut rare = PollOnWake::new(rare.as_mut());
        assert!(rare.is_woken(), "nobody has asked");
        let task = Waker::from(Arc::new(Task::default()));
        let mut poll = || Pin::new(&mut rare).poll(&mut Context::from_waker(&task));
        for _ in 0..3 {
            assert!(poll().is_pending());
        }
        assert_eq!(asked.get(), 1);
        bell.notify_waiters();
        assert!(poll().is_ready());
        assert_eq!(asked.get(), 2);
        assert!(rare.is_woken());
    }

    #[test]
    fn the_task_that_asked_last_is_the_one_that_is_woken() {
        let tasks = [(); 2].map(|()| Arc::new(Task::default()));
        let bell = Notify::new();
        let mut notified = pin!(bell.notified());
        let mut rare = PollOnWake::new(notified.as_mut());
        for task in &tasks {
            let waker = Waker::from(task.clone());
            let polled = Pin::new(&mut rare).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending() && !rare.is_woken());
        }
        bell.notify_waiters();
        assert!(rare.is_woken());
        assert_eq!(tasks.map(|task| task.0.load(SeqCst)), [false, true]);
    }
}
