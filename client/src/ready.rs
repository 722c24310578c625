//! Futures that block their thread instead of waiting.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// The output of a future that blocks its thread: it is ready at its first poll.
///
/// # Panics
/// If the future waits.
pub(crate) fn output<T>(future: Pin<&mut impl Future<Output = T>>) -> T {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future that blocks its thread is ready at its first poll"),
    }
}
