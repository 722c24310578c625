//! One timerfd and a queue of deadlines.
//!
//! `timerfd_create(2)`: an expired timer makes its descriptor readable, which wakes the epoll that waits
//! for the sockets. The kernel uses a high-resolution timer, without the slack of sleeping threads.

use crate::net::system_calls;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;

/// The timer of one worker.
#[derive(Debug)]
pub(crate) struct TimerFd {
    descriptor: AsyncFd<OwnedFd>,
    /// Wakers by deadline; the number distinguishes equal deadlines. A tree instead of a heap, because a
    /// sleep whose peer disconnects is removed from the middle.
    queue: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next_number: Cell<u64>,
}

impl TimerFd {
    /// Needs a tokio runtime with I/O enabled.
    pub(crate) fn new() -> io::Result<TimerFd> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let descriptor = system_calls::register_readable(descriptor)?;
        Ok(TimerFd {
            descriptor,
            queue: RefCell::default(),
            next_number: Cell::new(0),
        })
    }

    /// Wakes sleeping tasks at their deadlines; must be polled concurrently with them.
    ///
    /// # Errors
    /// If the system refuses to read or set the timer.
    pub(crate) async fn drive(&self) -> io::Result<Infallible> {
        loop {
            let mut ready = self.descriptor.readable().await?;
            // Reading clears the expiry; its eight bytes, the number of expiries, are not needed.
            match rustix::io::read(&self.descriptor, &mut [0; 8]) {
                Ok(_) | Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
            self.wake_due()?;
        }
    }

    /// Waits until `deadline`, never shorter.
    pub(crate) fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        let number = self.next_number.get();
        self.next_number.set(number + 1);
        Sleep {
            timer: self,
            key: (deadline, number),
        }
    }

    fn wake_due(&self) -> io::Result<()> {
        let mut queue = self.queue.borrow_mut();
        let now = Instant::now();
        while let Some(first) = queue.first_entry() {
            let deadline = first.key().0;
            if deadline > now {
                return self.arm(deadline - now);
            }
            first.remove().wake();
        }
        Ok(())
    }

    fn arm(&self, wait: Duration) -> io::Result<()> {
        // A wait of 0 would disarm the timer.
        let wait = wait.max(Duration::from_nanos(1));
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: wait.try_into().map_err(io::Error::other)?,
        };
        timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    fn enqueue(&self, key: (Instant, u64), waker: &Waker) -> io::Result<()> {
        let mut queue = self.queue.borrow_mut();
        let is_first = queue
            .first_key_value()
            .is_none_or(|(first, _)| key < *first);
        queue.insert(key, waker.clone());
        if is_first {
            self.arm(key.0.saturating_duration_since(Instant::now()))
        } else {
            Ok(())
        }
    }
}

/// A future that is ready at a deadline; dropped before, it removes its waker from the timer.
#[derive(Debug)]
pub(crate) struct Sleep<'a> {
    timer: &'a TimerFd,
    key: (Instant, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.key.0 {
            return Poll::Ready(());
        }
        self.timer
            .enqueue(self.key, context.waker())
            .expect("timerfd_settime refuses only a bad descriptor or a negative time");
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.timer.queue.borrow_mut().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;
    use tokio::runtime::{Builder, LocalOptions};

    fn run<T>(sleepers: impl AsyncFnOnce(Rc<TimerFd>) -> T) -> T {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .build_local(LocalOptions::default());
        runtime.unwrap().block_on(async {
            let timer = Rc::new(TimerFd::new().unwrap());
            let driven = timer.clone();
            tokio::task::spawn_local(async move { driven.drive().await });
            sleepers(timer).await
        })
    }

    #[test]
    fn sleeps_end_in_order_of_deadline_and_never_early() {
        let start = Instant::now();
        let order = Rc::new(RefCell::new(Vec::new()));
        run(async |timer| {
            let sleepers: Vec<_> = [7, 3, 5, 3, 0]
                .map(|ms| {
                    let (timer, order) = (timer.clone(), order.clone());
                    tokio::task::spawn_local(async move {
                        let deadline = start + Duration::from_millis(ms);
                        timer.sleep_until(deadline).await;
                        order.borrow_mut().push((ms, Instant::now() >= deadline));
                    })
                })
                .into();
            for sleeper in sleepers {
                sleeper.await.unwrap();
            }
        });
        let expected = [0, 3, 3, 5, 7].map(|ms| (ms, true));
        assert_eq!(*order.borrow(), expected);
    }

    #[test]
    fn dropped_sleep_leaves_the_queue() {
        run(async |timer| {
            let far = timer.sleep_until(Instant::now() + Duration::from_secs(3600));
            let near = timer.sleep_until(Instant::now() + Duration::from_millis(1));
            tokio::select! { () = far => unreachable!(), () = near => {} }
            assert!(timer.queue.borrow().is_empty());
        });
    }
}
