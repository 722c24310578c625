//! A timer that wakes tasks at most a tenth of a millisecond after their deadline, and never before.
//!
//! tokio's timer rounds up to whole milliseconds, which is too coarse for a delay of 5 ms. On Linux
//! each worker has a timerfd and a queue of deadlines; other systems use tokio's timer.

#[cfg(target_os = "linux")]
mod timerfd;

use std::convert::Infallible;
use std::future;
use std::io;
use std::time::Instant;

/// The timer of one worker.
#[derive(Debug)]
pub(crate) enum Timer {
    /// Late by at most 0.1 ms.
    #[cfg(target_os = "linux")]
    TimerFd(timerfd::TimerFd),
    /// tokio's timer, late by up to 2 ms: for systems without a timerfd, and for benchmarks to compare with.
    Tokio,
}

impl Timer {
    /// The most precise timer of this system. Needs a tokio runtime with I/O and its timer enabled.
    ///
    /// # Errors
    /// If the system refuses a descriptor.
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<Timer> {
        timerfd::TimerFd::new().map(Timer::TimerFd)
    }

    /// The most precise timer of this system. Needs a tokio runtime with its timer enabled.
    ///
    /// # Errors
    /// None: tokio's timer is part of the runtime.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<Timer> {
        Ok(Timer::Tokio)
    }

    /// Wakes sleeping tasks at their deadlines; must be polled concurrently with them.
    ///
    /// # Errors
    /// If the system refuses to read or set the timer.
    pub(crate) async fn drive(&self) -> io::Result<Infallible> {
        match self {
            #[cfg(target_os = "linux")]
            Timer::TimerFd(timer) => timer.drive().await,
            // tokio drives its timer itself.
            Timer::Tokio => future::pending().await,
        }
    }

    /// Waits until `deadline`, never shorter.
    pub(crate) async fn sleep_until(&self, deadline: Instant) {
        match self {
            #[cfg(target_os = "linux")]
            Timer::TimerFd(timer) => timer.sleep_until(deadline).await,
            // Boxed, because its size would enlarge every sleep of the other timer.
            Timer::Tokio => Box::pin(tokio::time::sleep_until(deadline.into())).await,
        }
    }
}
