//! The trials of a cell. A trial is one run of one strategy in one round, a cell one combination of conditions.

use super::abort_reason::AbortReason;
use flagpole_analysis::comparison::{ServerSummary, Trial};

/// The trials of a cell.
pub(crate) struct CellTrials {
    /// The trials of each strategy, in the order of the strategies, without the warm-up round.
    pub(crate) trials: Vec<Vec<Trial>>,
    /// The trials of the warm-up round, with the indices of their strategies.
    pub(crate) warm_up: Vec<(usize, Trial)>,
    /// The trial in which the cell was aborted, if it has a result, with the index of its strategy.
    pub(crate) aborted_trial: Option<(usize, Trial)>,
    /// The names of the strategies in the order in which they ran, per round.
    pub(crate) order: Vec<Vec<String>>,
    /// What flagpole's own server did in all rounds.
    pub(crate) server: Option<ServerSummary>,
    /// Why the rounds ended early.
    pub(crate) abort_reason: Option<AbortReason>,
}

impl CellTrials {
    pub(crate) fn empty(strategies: usize) -> CellTrials {
        CellTrials {
            trials: (0..strategies).map(|_| Vec::new()).collect(),
            warm_up: Vec::new(),
            aborted_trial: None,
            order: Vec::new(),
            server: None,
            abort_reason: None,
        }
    }

    /// A cell that was aborted before its first trial.
    pub(crate) fn aborted(strategies: usize, reason: AbortReason) -> CellTrials {
        CellTrials {
            abort_reason: Some(reason),
            ..CellTrials::empty(strategies)
        }
    }

    /// Every trial with a result, the warm-up round and the aborted trial included, in no particular order.
    pub(crate) fn all_trials(&self) -> impl Iterator<Item = &Trial> {
        let unmeasured = self.warm_up.iter().chain(&self.aborted_trial);
        let unmeasured = unmeasured.map(|(_, trial)| trial);
        self.trials.iter().flatten().chain(unmeasured)
    }
}
