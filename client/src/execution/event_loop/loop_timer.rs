//! A timer of one deadline. On Linux it wakes at most a tenth of a millisecond late, and never early.
//!
//! tokio's timer rounds up to whole milliseconds, which would make each arrival of a load late. On Linux an event loop has a
//! timerfd (`timerfd_create(2)`), which wakes the epoll that waits for the sockets; other systems use tokio's timer.

use std::io;
use std::time::Instant;

/// The timer of one event loop.
#[derive(Debug)]
pub(crate) enum LoopTimer {
    /// Late by at most 0.1 ms.
    #[cfg(target_os = "linux")]
    TimerFd(linux::TimerFd),
    /// tokio's timer, late by up to 2 ms: for systems without a timerfd, and for benchmarks to compare with.
    Tokio,
}

impl LoopTimer {
    /// The most precise timer of this system. Needs a tokio runtime with I/O and its timer enabled.
    ///
    /// # Errors
    /// If the system refuses a descriptor.
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<LoopTimer> {
        linux::TimerFd::new().map(LoopTimer::TimerFd)
    }

    /// The most precise timer of this system. Needs a tokio runtime with its timer enabled.
    ///
    /// # Errors
    /// None: tokio's timer is part of the runtime.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<LoopTimer> {
        Ok(LoopTimer::Tokio)
    }

    /// Waits until `deadline`. Only one future at a time may wait.
    ///
    /// # Errors
    /// If the system refuses to set the timer.
    pub(crate) async fn sleep_until(&self, deadline: Instant) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            LoopTimer::TimerFd(timer) => timer.sleep_until(deadline).await,
            LoopTimer::Tokio => {
                tokio::time::sleep_until(deadline.into()).await;
                Ok(())
            }
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::cell::Cell;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::{Duration, Instant};
    use tokio::io::{Interest, unix::AsyncFd};

    /// A timerfd that is set for one deadline.
    #[derive(Debug)]
    pub(crate) struct TimerFd {
        descriptor: AsyncFd<OwnedFd>,
        /// The deadline for which the timer is set.
        armed: Cell<Option<Instant>>,
    }

    impl TimerFd {
        /// Needs a tokio runtime with I/O enabled.
        ///
        /// # Errors
        /// If the system refuses a descriptor.
        pub(crate) fn new() -> io::Result<TimerFd> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                unsafe_code,
                reason = "tokio requires that the descriptor stays the same"
            )]
            // SAFETY: an `OwnedFd` owns its descriptor, which is neither replaced nor closed while the `AsyncFd` owns it.
            let descriptor =
                unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE)? };
            Ok(TimerFd {
                descriptor,
                armed: Cell::new(None),
            })
        }

        /// Waits until `deadline`. Only one future at a time may wait.
        ///
        /// # Errors
        /// If the system refuses to set the timer.
        pub(crate) async fn sleep_until(&self, deadline: Instant) -> io::Result<()> {
            loop {
                let now = Instant::now();
                if now >= deadline {
                    return Ok(());
                }
                if self.armed.get() != Some(deadline) {
                    self.arm(deadline - now)?;
                    self.armed.set(Some(deadline));
                }
                // Setting the timer clears its expiry, so that nothing needs to be read.
                self.descriptor.readable().await?.clear_ready();
            }
        }

        fn arm(&self, wait: Duration) -> io::Result<()> {
            let once = Itimerspec {
                it_interval: Timespec::default(),
                it_value: wait.try_into().map_err(io::Error::other)?,
            };
            timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};
    use tokio::runtime::Builder;

    #[test]
    fn sleep_ends_after_its_deadline_whatever_was_set_before() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let timer = LoopTimer::new().unwrap();
            let start = Instant::now();
            for ms in [3, 1, 5, 5, 0, 7] {
                let deadline = start + Duration::from_millis(ms);
                let far = timer.sleep_until(start + Duration::from_secs(3600));
                // Sets the timer, and is dropped.
                let polled = tokio::time::timeout(Duration::ZERO, far).await;
                assert!(polled.is_err());
                timer.sleep_until(deadline).await.unwrap();
                assert!(Instant::now() >= deadline);
            }
        });
    }
}
