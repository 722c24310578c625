//! Ends a run early.

/// Ends a run early, from any thread. Clones cancel the same run.
#[derive(Clone, Debug, Default)]
pub struct CancellationToken(pub(crate) tokio_util::sync::CancellationToken);

impl CancellationToken {
    /// A token that is not cancelled.
    pub fn new() -> CancellationToken {
        CancellationToken::default()
    }

    /// Cancels the runs that have this token.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}
