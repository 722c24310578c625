//! One timerfd and a queue of deadlines.
//!
//! `timerfd_create(2)`: an expiry makes the descriptor readable, so that it wakes the same epoll that
//! waits for the sockets; the kernel keeps it in a high-resolution timer without the slack that
//! sleeping threads are given.

use crate::net::system_calls as system;
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
pub(crate) struct Timer {
    alarm: AsyncFd<OwnedFd>,
    /// Who is to be woken when. The number tells equal deadlines apart; a tree, and not a heap,
    /// because sleepers leave early whenever their peer does.
    queue: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next: Cell<u64>,
}

impl Timer {
    /// Works within a tokio runtime that has its I/O enabled.
    pub(crate) fn new() -> io::Result<Timer> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let alarm = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let alarm = system::watch(alarm)?;
        Ok(Timer {
            alarm,
            queue: RefCell::default(),
            next: Cell::new(0),
        })
    }

    /// Wakes the sleepers when they are due; to be polled beside them for as long as they sleep.
    ///
    /// # Errors
    /// If the system refuses to read or set the timer.
    pub(crate) async fn drive(&self) -> io::Result<Infallible> {
        loop {
            let mut ready = self.alarm.readable().await?;
            // The eight bytes are the number of expiries (timerfd_create(2)), which is of no
            // interest: the queue knows who is due.
            match rustix::io::read(&self.alarm, &mut [0; 8]) {
                Ok(_) | Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
            self.wake_due()?;
        }
    }

    /// Waits until `deadline`, never less.
    pub(crate) fn sleep_until(&self, deadline: Instant) -> Sleep<'_> {
        let number = self.next.get();
        self.next.set(number + 1);
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
                return self.set(deadline - now);
            }
            first.remove().wake();
        }
        Ok(())
    }

    fn set(&self, wait: Duration) -> io::Result<()> {
        // Zero would disarm the timer instead of firing it at once.
        let wait = wait.max(Duration::from_nanos(1));
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: wait.try_into().map_err(io::Error::other)?,
        };
        timerfd_settime(&self.alarm, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    fn enqueue(&self, key: (Instant, u64), waker: &Waker) -> io::Result<()> {
        let mut queue = self.queue.borrow_mut();
        let is_first = queue
            .first_key_value()
            .is_none_or(|(first, _)| key < *first);
        queue.insert(key, waker.clone());
        if is_first {
            self.set(key.0.saturating_duration_since(Instant::now()))
        } else {
            Ok(())
        }
    }
}

/// A wait; dropping it cancels it.
#[derive(Debug)]
pub(crate) struct Sleep<'a> {
    timer: &'a Timer,
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

    fn run<T>(sleepers: impl AsyncFnOnce(Rc<Timer>) -> T) -> T {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .build_local(LocalOptions::default());
        runtime.unwrap().block_on(async {
            let timer = Rc::new(Timer::new().unwrap());
            let driven = timer.clone();
            tokio::task::spawn_local(async move { driven.drive().await });
            sleepers(timer).await
        })
    }

    #[test]
    fn sleepers_wake_in_order_of_deadline_and_never_early() {
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
    fn a_cancelled_wait_leaves_nothing_behind() {
        run(async |timer| {
            let far = timer.sleep_until(Instant::now() + Duration::from_secs(3600));
            let near = timer.sleep_until(Instant::now() + Duration::from_millis(1));
            tokio::select! { () = far => unreachable!(), () = near => {} }
            assert!(timer.queue.borrow().is_empty());
        });
    }
}
