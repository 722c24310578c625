//! The trials of a cell.

use crate::experiment::runner::abort_reason::AbortReason;
use flagpole_analysis::report::{Served, Trial};

/// What came of the rounds.
pub(crate) struct CellRun {
    /// The trials of each contender, by its place; the round for warming up left out.
    pub(crate) trials: Vec<Vec<Trial>>,
    /// The trials of the round for warming up, each with the place of its contender.
    pub(crate) warm_up: Vec<(usize, Trial)>,
    /// The trial in which the rounds broke off, if it came to an end at all.
    pub(crate) spoiled: Option<(usize, Trial)>,
    /// The names in the order in which they ran, by round.
    pub(crate) order: Vec<Vec<String>>,
    pub(crate) served: Option<Served>,
    /// What went wrong, if something did: the rounds end there.
    pub(crate) broken: Option<AbortReason>,
}

impl CellRun {
    /// Every trial that told what it did, in no order.
    pub(crate) fn all_trials(&self) -> impl Iterator<Item = &Trial> {
        let others = self.warm_up.iter().chain(&self.spoiled);
        let others = others.map(|(_, trial)| trial);
        self.trials.iter().flatten().chain(others)
    }
}
