//! The end of the control plane, for which every call that waits waits too.

use super::problem::Problem;
use http::StatusCode;
use tokio::sync::watch;

/// Whether the control plane stops.
#[derive(Clone, Debug)]
pub(super) struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// The value of the sender becomes true when the control plane stops.
    pub(super) fn new() -> (watch::Sender<bool>, Stopping) {
        let (sender, receiver) = watch::channel(false);
        (sender, Stopping(receiver))
    }

    /// Waits until the control plane stops.
    pub(super) async fn wait(&self) {
        // An error means that the control plane was dropped.
        let _ = self.0.clone().wait_for(|is_stopping| *is_stopping).await;
    }

    /// The answer to a call that waits when the control plane stops.
    pub(super) fn problem() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server stops").closing()
    }
}
