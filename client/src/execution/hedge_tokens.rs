//! Cancels single attempts of a run that hedges.

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

    /// Forgets an attempt that has ended and cancels those that lost to it.
    pub(crate) fn cancel_losers(&self, ended: AttemptId, losers: &[AttemptId]) {
        let mut tokens = self.lock();
        tokens.remove(&ended);
        let losers: Vec<_> = losers.iter().filter_map(|id| tokens.remove(id)).collect();
        drop(tokens);
        losers.iter().for_each(CancellationToken::cancel);
    }

    /// A map is whole even after a panic.
    fn lock(&self) -> MutexGuard<'_, FxHashMap<AttemptId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
