//! Waiting until an instant, to a tenth of a millisecond.
//!
//! tokio's own timer rounds up to whole milliseconds, which is most of the error budget of a 5 ms
//! delay. On Linux one timerfd a worker wakes the earliest of a queue of deadlines; elsewhere tokio's
//! timer has to do.

#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(target_os = "linux")]
mod timerfd;

#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Timer;
#[cfg(target_os = "linux")]
pub(crate) use timerfd::Timer;
