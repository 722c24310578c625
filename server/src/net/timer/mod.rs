//! A timer that wakes tasks at most a tenth of a millisecond after their deadline, and never before.
//!
//! tokio's timer rounds up to whole milliseconds, which is too coarse for a delay of 5 ms. On Linux
//! each worker has a timerfd and a queue of deadlines; other systems use tokio's timer.

#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod timerfd;

#[cfg(not(target_os = "linux"))]
pub(crate) use portable::PortableTimer as Timer;
#[cfg(target_os = "linux")]
pub(crate) use timerfd::TimerFd as Timer;
