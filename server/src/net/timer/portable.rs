//! tokio's timer, for systems without a timerfd: never early, up to 2 ms late.

use std::convert::Infallible;
use std::future;
use std::io;
use std::time::Instant;

/// The timer of one worker.
#[derive(Debug)]
pub(crate) struct PortableTimer;

impl PortableTimer {
    /// Needs a tokio runtime with its timer enabled.
    pub(crate) fn new() -> io::Result<PortableTimer> {
        Ok(PortableTimer)
    }

    /// Never returns: tokio drives its timer itself.
    pub(crate) async fn drive(&self) -> io::Result<Infallible> {
        future::pending().await
    }

    /// Waits until `deadline`.
    pub(crate) async fn sleep_until(&self, deadline: Instant) {
        tokio::time::sleep_until(deadline.into()).await;
    }
}
