//! Runs one round of a cell.

use super::abort_reason::AbortReason;
use super::cell_trials::CellTrials;
use super::conditions::CellConditions;
use super::connect_failure;
use super::progress::Progress;
use super::shuffle::order;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::TrialJob;
use crate::process::trial_process::{Interrupt, run_trial};
use anyhow::Result;
use flagpole_analysis::comparison::Trial;
use flagpole_protocol::{MeasuredRun, RunStats};
use std::time::{SystemTime, UNIX_EPOCH};

/// One round: every strategy once.
pub(super) struct Round<'a> {
    /// From 1; 0 is the warm-up round.
    pub(super) number: usize,
    pub(super) conditions: &'a CellConditions<'a>,
    pub(super) interrupt: &'a Interrupt,
}

impl Round<'_> {
    /// Runs the trials and adds them to `cell`; returns the reason if the round is aborted.
    pub(super) fn run(
        &self,
        server: &mut Option<ServerProcess>,
        cell: &mut CellTrials,
        progress: &mut Progress,
    ) -> Option<AbortReason> {
        let conditions = self.conditions;
        let seed = conditions.experiment.seed();
        let order = order(seed, self.number, conditions.variants.len());
        let mut names = Vec::new();
        let mut abort_reason = None;
        for (position, &index) in (1..).zip(&order) {
            let variant = &conditions.variants[index];
            let name = &variant.name;
            progress.next_trial(
                conditions.first_step + index,
                &match self.number {
                    0 => format!("{name}, warm-up"),
                    round => format!("{name}, round {round}"),
                },
            );
            names.push(name.clone());
            let mut trial = self.run_trial(variant, position, server.as_mut());
            abort_reason = self.finish_trial(name, &mut trial, server);
            match trial {
                Ok(trial) if abort_reason.is_some() => cell.aborted_trial = Some((index, trial)),
                Ok(trial) if self.number == 0 => cell.warm_up.push((index, trial)),
                Ok(trial) => cell.trials[index].push(trial),
                Err(_) => {}
            }
            if abort_reason.is_some() {
                break;
            }
        }
        if self.number > 0 {
            cell.order.push(names);
        }
        abort_reason
    }

    /// Resets the server after a trial and adds its ledger to the trial; returns the reason if the round must be aborted.
    fn finish_trial(
        &self,
        name: &str,
        trial: &mut Result<Trial>,
        server: &mut Option<ServerProcess>,
    ) -> Option<AbortReason> {
        let mut failure = match &trial {
            Ok(trial) => connect_failure::abort_reason(trial),
            Err(error) => Some(AbortReason::from_error(error)),
        };
        let is_interrupted = self.interrupt.is_requested();
        if let (Ok(trial), Some(server), false) = (trial, server.as_mut(), is_interrupted) {
            match server.drain_and_reset() {
                Ok(ledger) => trial.server = Some(ledger),
                Err(error) => failure = Some(AbortReason::from_error(&error)),
            }
        }
        // The exit of the server explains a failure of the trial.
        if let Some(message) = server.as_mut().and_then(ServerProcess::exit_message) {
            return Some(AbortReason::new(message));
        }
        if is_interrupted {
            return Some(AbortReason::interrupted());
        }
        let round = match self.number {
            0 => "the warm-up round".to_owned(),
            round => format!("round {round}"),
        };
        failure.map(|failure| AbortReason {
            message: format!("trial of `{name}` in {round}: {}", failure.message),
            ..failure
        })
    }

    fn run_trial(
        &self,
        variant: &StrategyVariant,
        position: usize,
        server: Option<&mut ServerProcess>,
    ) -> Result<Trial> {
        let experiment = self.conditions.experiment;
        let own_url = server.as_ref().map(|server| server.url.clone());
        let url = experiment.url.clone().or(own_url);
        let codes = experiment.flags.0.codes();
        let concurrency = variant.strategy.concurrency(self.conditions.concurrency);
        let job = TrialJob {
            strategy: variant.strategy.name().to_owned(),
            url: url.expect("without a URL there is flagpole's own server"),
            codes: codes.iter().map(ToString::to_string).collect(),
            downloads: codes.len() * experiment.times.get(),
            files: experiment.files,
            interval_us: None,
            concurrency: concurrency.get(),
            policy: variant.policy.clone(),
            run: run_name(self.number, position),
        };
        let result = run_trial(job, self.interrupt, server)?;
        let mut stats = RunStats::from_records(&result.records);
        stats.unstarted = result.unstarted;
        Ok(Trial {
            round: self.number,
            position,
            measured: MeasuredRun {
                strategy: variant.strategy.name(),
                concurrency: concurrency.get(),
                wall: result.wall,
                timeout: variant.policy()?.timeouts.total,
                stats,
                records: result.records,
            },
            resource_usage: result.resource_usage,
            terms: None,
            server: None,
        })
    }
}

/// The name of a run. Unique, because the server counts requests per name, and an external server may remember the
/// names of earlier comparisons.
fn run_name(round: usize, position: usize) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    format!("{}-{now}-{round}-{position}", std::process::id())
}
