//! Cancellation tokens for single attempts, in a run that hedges (duplicates requests that take long).

use crate::scheduler::AttemptId;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// A token for each attempt in flight.
#[derive(Debug, Default)]
pub(crate) struct HedgeTokens(Mutex<FxHashMap<AttemptId, CancellationToken>>);

impl HedgeTokens {
    /// The token of an attempt, which `run_token` cancels too.
    pub(crate) fn register(
        &self,
        id: AttemptId,
        run_token: &CancellationToken,
    ) -> CancellationToken {
        let token = run_token.child_token();
        self.lock().insert(id, token.clone());
        token
    }

    /// Removes the token of an ended attempt, and cancels the attempts that it superseded.
    pub(crate) fn cancel_superseded(&self, ended: AttemptId, superseded: &[AttemptId]) {
        let mut tokens = self.lock();
        tokens.remove(&ended);
        let superseded: Vec<_> = superseded
            .iter()
            .filter_map(|id| tokens.remove(id))
            .collect();
        drop(tokens);
        superseded.iter().for_each(CancellationToken::cancel);
    }

    /// Locks the map, which is consistent even after a panic.
    fn lock(&self) -> MutexGuard<'_, FxHashMap<AttemptId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
