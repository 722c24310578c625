//! A comparison in plain numbers.

use crate::expectation::ScenarioResult;
use crate::run::Run;
use flagpole_analysis::bound::ServerLimits;
use flagpole_analysis::comparison::{RepeatedRound, ServerSummary, Trial, set_usual_waits};
use flagpole_analysis::evaluation::{MeasuredCell, MeasuredStrategy};
use flagpole_analysis::validity::Repetition;
use std::time::Duration;

/// The runs of each strategy, by round.
pub(crate) struct Scenario {
    strategies: Vec<(&'static str, Vec<Run>)>,
    /// The number of rounds asked for.
    requested: usize,
    is_external: bool,
    limits: ServerLimits,
    has_time_windows: bool,
    early_responses: u64,
    policies: Vec<&'static str>,
    repeats: bool,
}

/// `threads` and `async`, ten usual runs each, at flagpole's own server.
pub(crate) fn comparison() -> Scenario {
    comparison_of(&["threads", "async"])
}

pub(crate) fn comparison_of(names: &[&'static str]) -> Scenario {
    let scenario = Scenario {
        strategies: names.iter().map(|name| (*name, Vec::new())).collect(),
        requested: 0,
        is_external: false,
        limits: ServerLimits::default(),
        has_time_windows: false,
        early_responses: 0,
        policies: Vec::new(),
        repeats: false,
    };
    scenario.rounds(10)
}

impl Scenario {
    /// This many rounds. The wall times vary a little, in another order for each strategy.
    pub(crate) fn rounds(mut self, rounds: usize) -> Scenario {
        for (offset, (_, runs)) in self.strategies.iter_mut().enumerate() {
            runs.resize(rounds, Run::usual());
            for (round, run) in runs.iter_mut().enumerate() {
                let tail = Duration::from_micros(100 * ((7 * round + 3 * offset) % 5) as u64);
                *run = run.clone().tail(tail);
            }
        }
        Scenario {
            requested: rounds,
            ..self
        }
    }

    /// Changes the runs of all strategies.
    pub(crate) fn all(self, change: impl Fn(Run) -> Run) -> Scenario {
        self.each(|_, _, run| change(run))
    }

    /// Changes the runs of one strategy.
    pub(crate) fn only(self, name: &str, change: impl Fn(Run) -> Run) -> Scenario {
        self.each(|strategy, _, run| if strategy == name { change(run) } else { run })
    }

    /// Changes each run by its strategy and its round, from 1.
    pub(crate) fn each(mut self, change: impl Fn(&str, usize, Run) -> Run) -> Scenario {
        for (name, runs) in &mut self.strategies {
            for (round, run) in (1..).zip(runs) {
                *run = change(name, round, run.clone());
            }
        }
        self
    }

    /// The server is not flagpole's own: its ledger and limits are unknown.
    pub(crate) fn external(self) -> Scenario {
        Scenario {
            is_external: true,
            ..self
        }
    }

    pub(crate) fn limits(self, limits: ServerLimits) -> Scenario {
        Scenario { limits, ..self }
    }

    pub(crate) fn time_windows(self) -> Scenario {
        Scenario {
            has_time_windows: true,
            ..self
        }
    }

    pub(crate) fn early_responses(self, early_responses: u64) -> Scenario {
        Scenario {
            early_responses,
            ..self
        }
    }

    pub(crate) fn requested(self, requested: usize) -> Scenario {
        Scenario { requested, ..self }
    }

    /// Each strategy has its own policy.
    pub(crate) fn policies(self, policies: &[&'static str]) -> Scenario {
        Scenario {
            policies: policies.to_vec(),
            ..self
        }
    }

    /// Stalled rounds are set apart, as `flagpole compare` does after it has repeated them.
    pub(crate) fn repeats(self, requested: usize) -> Scenario {
        Scenario {
            repeats: true,
            ..self.requested(requested)
        }
    }

    pub(crate) fn result(&self) -> ScenarioResult {
        let strategies = self.strategies.iter().enumerate();
        let strategies = strategies.map(|(index, (name, runs))| MeasuredStrategy {
            name: (*name).to_owned(),
            policy: self
                .policies
                .get(index)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            compares_first_attempts_only: !self.policies.is_empty(),
            trials: (1..)
                .zip(runs)
                .map(|(round, run)| run.trial(name, round, self.is_external))
                .collect(),
        });
        let mut strategies: Vec<_> = strategies.collect();
        for strategy in &mut strategies {
            set_usual_waits(strategy.trials.iter_mut());
        }
        let mut cell = MeasuredCell {
            strategies,
            requested_rounds: self.requested,
            limits: self.limits,
            has_time_windows: self.has_time_windows,
            server: (!self.is_external).then(|| ServerSummary {
                early_responses: self.early_responses,
                ..ServerSummary::default()
            }),
            cores: 2,
            ..MeasuredCell::default()
        };
        if self.repeats {
            cell.repeated_rounds = set_apart(&mut cell.strategies, self.requested);
        }
        ScenarioResult(cell.evaluate())
    }
}

/// Removes the trials of the rounds that are repeated, and says why they were.
fn set_apart(strategies: &mut [MeasuredStrategy], requested: usize) -> Vec<RepeatedRound> {
    let mut repetition = Repetition::new(requested);
    let mut repeated = Vec::new();
    for round in 1..=strategies[0].trials.len() {
        let of_round = |trial: &&Trial| trial.round == round;
        let stalled = strategies.iter().filter_map(|one| {
            let stall = one.trials.iter().find(of_round)?.stall()?;
            Some(RepeatedRound {
                round,
                strategy: one.name.clone(),
                label: stall.label().to_owned(),
                message: stall.to_string(),
            })
        });
        let stalled: Vec<_> = stalled.collect();
        repetition.add(round, !stalled.is_empty());
        repeated.extend(stalled);
    }
    let apart = repetition.set_apart();
    for strategy in strategies {
        strategy
            .trials
            .retain(|trial| !apart.contains(&trial.round));
    }
    repeated.retain(|one| apart.contains(&one.round));
    repeated
}
