//! The trials of a cell: the input of an evaluation.

use crate::bound::ServerLimits;
use crate::comparison::{RepeatedRound, ServerSummary, Trial};
use crate::validity::ValidityIssue;
use std::time::Duration;

/// The trials of a cell, with what is known of their conditions.
#[derive(Clone, Debug, Default)]
pub struct MeasuredCell {
    /// The conditions by name, in the order of display.
    pub conditions: Vec<(String, String)>,
    /// The strategies in the order of display, each with its trials.
    pub strategies: Vec<MeasuredStrategy>,
    /// The name of the strategy to which times are relative, if it was named before the run; otherwise that is the
    /// fastest.
    pub reference: Option<String>,
    /// The number of rounds asked for.
    pub requested_rounds: usize,
    /// The names of the strategies in the order in which they ran, per round.
    pub order: Vec<Vec<String>>,
    /// Why rounds were repeated.
    pub repeated_rounds: Vec<RepeatedRound>,
    /// The limits of the server.
    pub limits: ServerLimits,
    /// Whether a rule of the server applies only from or until a time after the start of a run.
    pub has_time_windows: bool,
    /// What flagpole's own server did in all rounds; `None` for an external server.
    pub server: Option<ServerSummary>,
    /// The number of cores that client and server share.
    pub cores: usize,
    /// The median of the measurement overhead; `None` if it was not measured.
    pub overhead: Option<Duration>,
    /// Reasons to doubt the figures that do not follow from the trials: an abort, connections that could not be opened.
    pub other_reasons: Vec<ValidityIssue>,
    /// What the caller could not check, and why, each as a sentence without a full stop.
    pub unchecked: Vec<String>,
}

impl MeasuredCell {
    /// Whether one of the contenders is a program.
    pub(super) fn has_programs(&self) -> bool {
        let mut trials = self.strategies.iter().flat_map(|one| &one.trials);
        trials.any(|trial| trial.program.is_some())
    }
}

/// The trials of one strategy.
#[derive(Clone, Debug, Default)]
pub struct MeasuredStrategy {
    /// The name of the strategy, with its policy where several are compared: `async+hedged`.
    pub name: String,
    /// Its policy as text: only strategies under equal policies must have equal results.
    pub policy: String,
    /// Whether only first attempts have the same fates as those of other strategies: under a retry budget, and where
    /// policies are compared.
    pub compares_first_attempts_only: bool,
    /// Its trials in the order of the rounds, without the warm-up round.
    pub trials: Vec<Trial>,
}

/// The number of cores that the strategy of a trial can use at a time: no more than the trial had threads.
pub(super) fn usable_cores(trial: &Trial, cores: usize) -> usize {
    let threads = usize::try_from(trial.resource_usage.peak_threads).unwrap_or(1);
    threads.clamp(1, cores.max(1))
}
