//! Runs a cell, which is one combination of conditions of an experiment: a server, and rounds in which every contender
//! (strategy or program) runs once. All rounds have the same fates (delays and faults), because the server counts requests from 1 in each
//! trial, which is one run of one contender in one round.

use super::conditions::CellConditions;
use super::failure::Failure;
use super::journal_check::journal_problem;
use super::plan_predictor::{self, PlanPredictor};
use super::program_trial::ProgramFiles;
use super::progress::Progress;
use super::record_log::{CellRecords, RecordLog};
use crate::experiment::spec::program::Program;
use crate::experiment::spec::strategy_variant::{Contender, StrategyVariant};
use crate::process::lost_time::local_server::LocalServer;
use crate::process::lost_time::processor_log::ProcessorLog;
use crate::process::server_process::{ServerProcess, ServerProcessOptions};
use crate::process::trial_job::TrialJob;
use crate::process::trial_process::{Interrupt, run_program, run_trial};
use anyhow::{Context as _, Result, bail};
use flagpole_analysis::comparison::{ServerSummary, Trial, set_usual_waits};
use flagpole_analysis::program::{ServedRequest, served_wall};
use flagpole_analysis::validity::Repetition;
use flagpole_client::{Strategy, Target};
use flagpole_protocol::{AttemptRecord, DrawPurpose, MeasuredRun, RngKey, RunStats};
use rand::seq::SliceRandom as _;
use std::mem;
use std::time::UNIX_EPOCH;

/// The value of `MeasuredRun::strategy` in a trial of a program.
const PROGRAM: &str = "program";

/// A journal has room for this many requests for each file of the workload, and for some others. A trial in which a program
/// makes more cannot be used.
const REQUESTS_PER_FILE: usize = 8;
const MIN_JOURNAL: usize = 10_000;

/// The most requests that `serve` remembers.
const MAX_JOURNAL: usize = 10_000_000;

/// The trials of a cell.
#[derive(Default)]
pub(crate) struct CellTrials {
    /// The trials of each strategy, in the order of the strategies, without the warm-up round and repeated rounds.
    pub(crate) trials: Vec<Vec<Trial>>,
    /// The trials of rounds that were repeated, with the indices of their strategies.
    pub(crate) repeated: Vec<(usize, Trial)>,
    /// The trials of the warm-up round, and the trial in which the cell was aborted, if it has a result; with the indices
    /// of their strategies.
    pub(crate) unmeasured: Vec<(usize, Trial)>,
    /// The names of the strategies in the order in which they ran, per round.
    pub(crate) order: Vec<Vec<String>>,
    /// What flagpole's own server did in all rounds.
    pub(crate) server: Option<ServerSummary>,
    /// Why the rounds ended early.
    pub(crate) abort_reason: Option<Failure>,
    /// Why the journal of a trial cannot be used, from which its wall time follows and all that is known of a program.
    pub(crate) journal_problems: Vec<String>,
}

impl CellTrials {
    /// No trials of this number of strategies.
    pub(crate) fn empty(strategies: usize, abort_reason: Option<Failure>) -> CellTrials {
        CellTrials {
            trials: (0..strategies).map(|_| Vec::new()).collect(),
            abort_reason,
            ..CellTrials::default()
        }
    }

    /// Every trial with a result, the warm-up round, repeated rounds and the aborted trial included, in no particular order.
    pub(crate) fn all_trials(&self) -> impl Iterator<Item = &Trial> {
        let others = self.repeated.iter().chain(&self.unmeasured);
        let others = others.map(|(_, trial)| trial);
        self.trials.iter().flatten().chain(others)
    }

    /// Updates what is usual from all trials so far, the warm-up round included.
    fn set_usual_waits(&mut self) {
        for (strategy, trials) in self.trials.iter_mut().enumerate() {
            let unmeasured = self.unmeasured.iter_mut();
            let unmeasured = unmeasured.filter(|(index, _)| *index == strategy);
            set_usual_waits(trials.iter_mut().chain(unmeasured.map(|(_, trial)| trial)));
        }
    }

    /// Whether the machine stalled during a trial of this round.
    fn is_stalled(&self, round: usize) -> bool {
        let mut trials = self.trials.iter().flatten();
        trials.any(|trial| trial.round == round && trial.stall().is_some())
    }

    /// Moves the trials of these rounds to `repeated`.
    fn set_apart(&mut self, rounds: &[usize]) {
        for (index, trials) in self.trials.iter_mut().enumerate() {
            let repeated = trials.extract_if(.., |trial| rounds.contains(&trial.round));
            self.repeated.extend(repeated.map(|trial| (index, trial)));
        }
    }
}

/// Runs the warm-up round and all measured rounds, until one is aborted.
pub(crate) fn run_cell(
    conditions: &CellConditions<'_>,
    interrupt: &Interrupt,
    progress: &mut Progress<'_>,
    records: &mut RecordLog,
) -> Result<CellTrials> {
    let interrupted = interrupt.is_requested().then(Failure::interrupted);
    let mut cell = CellTrials::empty(conditions.variants.len(), interrupted);
    if cell.abort_reason.is_some() {
        return Ok(cell);
    }
    let seed = conditions.experiment.seed.0;
    let listener = conditions.listener()?;
    let options = server_options(conditions)?;
    let start = |listener| ServerProcess::start_with(listener, seed, options);
    let predict = |listener| PlanPredictor::new(seed, listener);
    let server = listener.as_ref().map(start).transpose()?;
    let url = server.as_ref().filter(|_| conditions.has_programs());
    let program_files = url.map(|server| ProgramFiles::write(conditions, &server.url));
    let mut run = CellRun {
        conditions,
        interrupt,
        program_files: program_files.transpose()?,
        predictor: listener.as_ref().map(predict).transpose()?,
        server,
        processors: ProcessorLog::start(local_server(conditions)?),
        records: CellRecords::new(records, conditions)?,
    };
    run.run_rounds(&mut cell, progress);
    match run.server.map(ServerProcess::stop) {
        Some(Ok(summary)) => cell.server = Some(summary),
        Some(Err(error)) => {
            let stop_failed = || Failure::from_error(&error);
            cell.abort_reason.get_or_insert_with(stop_failed);
        }
        None => {}
    }
    Ok(cell)
}

/// What the contenders need of flagpole's own server. Programs need its journal: that of all requests of a trial, with many
/// retries.
fn server_options(conditions: &CellConditions<'_>) -> Result<ServerProcessOptions> {
    let experiment = conditions.experiment;
    let mut tries = REQUESTS_PER_FILE;
    for variant in conditions.variants {
        tries = tries.max(2 * variant.policy()?.retry.max_attempts() as usize);
    }
    let capacity = tries.saturating_mul(experiment.downloads()) + MIN_JOURNAL;
    Ok(ServerProcessOptions {
        port: experiment.port.unwrap_or(0),
        journal_capacity: if conditions.has_programs() {
            capacity.min(MAX_JOURNAL)
        } else {
            0
        },
    })
}

/// The server at the URL of the experiment, if it runs on this machine.
fn local_server(conditions: &CellConditions<'_>) -> Result<LocalServer> {
    let Some(url) = &conditions.experiment.url else {
        return Ok(LocalServer::default());
    };
    let target: Target = url.parse()?;
    Ok(LocalServer::find(target.resolve()?.addresses()))
}

/// What the rounds of a cell share.
struct CellRun<'a> {
    conditions: &'a CellConditions<'a>,
    interrupt: &'a Interrupt,
    /// `None` if the trials use an external server.
    server: Option<ServerProcess>,
    /// `None` without programs.
    program_files: Option<ProgramFiles>,
    /// `None` if the trials use an external server.
    predictor: Option<PlanPredictor>,
    processors: ProcessorLog,
    records: CellRecords<'a>,
}

impl CellRun<'_> {
    /// Runs the warm-up round, which is round 0, and then rounds until enough of them need not be repeated.
    fn run_rounds(&mut self, cell: &mut CellTrials, progress: &mut Progress<'_>) {
        let mut repetition = Repetition::new(self.conditions.experiment.rounds.get());
        cell.abort_reason = self.run_round(0, "", cell, progress);
        self.write_unmeasured(0, cell);
        for round in 1.. {
            if cell.abort_reason.is_some() || !repetition.needs_another() {
                break;
            }
            let note = match repetition.stalled() {
                0 => String::new(),
                stalled => format!(" ({stalled} repeated)"),
            };
            cell.abort_reason = self.run_round(round, &note, cell, progress);
            cell.set_usual_waits();
            let is_stalled = cell.is_stalled(round);
            repetition.add(round, is_stalled);
            if !is_stalled {
                self.write_kept(cell, |number| number == round);
            }
            self.write_unmeasured(round, cell);
            if is_stalled && repetition.needs_another() {
                let first = self.conditions.first_step;
                progress.repeat_round(first..first + self.conditions.variants.len());
            }
        }
        // Only now it is known which of the stalled rounds are kept.
        let stalled = repetition.stalled_rounds();
        cell.set_apart(&repetition.set_apart());
        for (index, trial) in &cell.repeated {
            self.records.write(*index, trial, false);
        }
        self.write_kept(cell, |round| stalled.contains(&round));
    }

    /// Writes the records of the kept trials of these rounds.
    fn write_kept(&mut self, cell: &CellTrials, is_selected: impl Fn(usize) -> bool) {
        for (index, trials) in cell.trials.iter().enumerate() {
            for trial in trials.iter().filter(|trial| is_selected(trial.round)) {
                self.records.write(index, trial, true);
            }
        }
    }

    /// Writes the records of the trials of this round that are in no figure whatever happens.
    fn write_unmeasured(&mut self, round: usize, cell: &CellTrials) {
        let trials = cell.unmeasured.iter();
        for (index, trial) in trials.filter(|(_, trial)| trial.round == round) {
            self.records.write(*index, trial, false);
        }
    }

    /// Runs every strategy once and adds the trials to `cell`; returns the reason if the round is aborted. `note` is shown
    /// with the progress.
    fn run_round(
        &mut self,
        round: usize,
        note: &str,
        cell: &mut CellTrials,
        progress: &mut Progress<'_>,
    ) -> Option<Failure> {
        let conditions = self.conditions;
        let title = match round {
            0 => "the warm-up round".to_owned(),
            round => format!("round {round}"),
        };
        let mut names = Vec::new();
        let mut abort_reason = None;
        let (seed, variants) = (conditions.experiment.seed.0, conditions.variants);
        for (position, index) in (1..).zip(order(seed, round, variants.len())) {
            let variant = &variants[index];
            let name = &variant.name;
            progress.next_trial(
                conditions.first_step + index,
                &format!("{name}, {title}{note}"),
            );
            names.push(name.clone());
            let ran = self.run_contender(variant, round, position);
            let (mut trial, served) = ran.map_or_else(
                |error| (Err(error), None),
                |(trial, served)| (Ok(trial), served),
            );
            abort_reason = self.finish_trial(&format!("`{name}` in {title}"), &mut trial);
            let problem = trial.as_ref().ok().zip(served);
            let problem = problem
                .and_then(|(trial, served)| journal_problem(trial.server.as_ref()?, &served));
            let problem = problem.map(|problem| format!("{name} in {title}: {problem}"));
            cell.journal_problems.extend(problem);
            match trial {
                Ok(trial) if round == 0 || abort_reason.is_some() => {
                    cell.unmeasured.push((index, trial));
                }
                Ok(trial) => {
                    progress.keep_trial(conditions.first_step + index, trial.measured.wall);
                    cell.trials[index].push(trial);
                }
                Err(_) => {}
            }
            if abort_reason.is_some() {
                break;
            }
        }
        if round > 0 {
            cell.order.push(names);
        }
        abort_reason
    }

    /// Resets the server after a trial and adds its ledger to the trial; returns the reason if the round must be aborted.
    fn finish_trial(&mut self, title: &str, trial: &mut Result<Trial>) -> Option<Failure> {
        let mut failure = match &trial {
            Ok(trial) => Failure::for_program(trial)
                .or_else(|| Failure::for_trial(trial, self.server.is_none())),
            Err(error) => Some(Failure::from_error(error)),
        };
        let is_interrupted = self.interrupt.is_requested();
        if let (Ok(trial), Some(server), false) = (&mut *trial, &mut self.server, is_interrupted) {
            match server.drain_and_reset() {
                Ok(ledger) => trial.server = Some(ledger),
                Err(error) => failure = Some(Failure::from_error(&error)),
            }
        }
        if let Ok(trial) = trial {
            let server = trial.server.as_ref();
            trial.lost.server_run_queue_us = server.and_then(|server| server.run_queue_us);
            let server_us = server.map_or(0, |server| server.cpu_us);
            self.processors.trial_ended(server_us, &mut trial.lost);
        }
        // A signal may have reached the server too.
        if is_interrupted {
            return Some(Failure::interrupted());
        }
        // The exit of the server explains a failure of the trial.
        if let Some(message) = self.server.as_mut().and_then(ServerProcess::exit_message) {
            return Some(Failure::new(message));
        }
        failure.map(|failure| Failure {
            message: format!("trial of {title}: {}", failure.message),
            ..failure
        })
    }

    /// Fills in the planned timings that the server did not report.
    fn complete(&self, records: &mut [AttemptRecord]) {
        let reports_delays = self
            .conditions
            .server
            .is_some_and(|server| server.reports_delays);
        for record in records {
            match &self.predictor {
                Some(predictor) => predictor.complete(record),
                None if reports_delays => plan_predictor::complete_undelayed(record),
                None => {}
            }
        }
    }

    /// Runs a trial. With a program among the contenders the journal of the trial gives its wall time.
    fn run_contender(
        &mut self,
        variant: &StrategyVariant,
        round: usize,
        position: usize,
    ) -> Result<(Trial, Option<Vec<ServedRequest>>)> {
        match &variant.contender {
            Contender::Program(program) => self
                .run_program(program, round, position)
                .map(|(trial, served)| (trial, Some(served))),
            Contender::Strategy(strategy) => {
                let mut trial = self.run_trial(*strategy, variant, round, position)?;
                let server = self.server.as_mut();
                let server = server.filter(|_| self.program_files.is_some());
                if self.interrupt.is_requested() {
                    return Ok((trial, None));
                }
                let journal = server.map(ServerProcess::journal).transpose()?;
                let now = UNIX_EPOCH.elapsed().unwrap_or_default();
                if let Some(served) = &journal {
                    // Walls that were measured at different places are not compared.
                    match served_wall(served, now) {
                        Some(wall) => trial.measured.wall = wall,
                        // Its failure, which ends the round, says why.
                        None if Failure::for_trial(&trial, false).is_some() => {}
                        None => bail!("the server received no request"),
                    }
                }
                Ok((trial, journal))
            }
        }
    }

    /// Runs a trial of a program, of which all but its process is measured at the server.
    fn run_program(
        &mut self,
        program: &Program,
        round: usize,
        position: usize,
    ) -> Result<(Trial, Vec<ServedRequest>)> {
        let parts = self.server.as_mut().zip(self.program_files.as_ref());
        let parts = parts.zip(self.predictor.as_ref());
        let ((server, files), predictor) = parts.context("programs need flagpole's own server")?;
        let dest = tempfile::tempdir().context("cannot create a temporary folder")?;
        let job = files.job(self.conditions, program, dest.path());
        let run = run_program(job, self.interrupt, server)?;
        let journal = server.journal()?;
        let wall = served_wall(&journal, run.ended_at).unwrap_or_default();
        let (resource_usage, lost) = (run.resource_usage, run.lost);
        let mut observed = files.observe(self.conditions, predictor, program, run, &journal)?;
        let records = mem::take(&mut observed.requests.records);
        let trial = Trial {
            round,
            position,
            measured: MeasuredRun {
                strategy: PROGRAM,
                concurrency: observed.requests.max_in_flight,
                wall,
                timeout: None,
                stats: RunStats::from_records(&records),
                records,
            },
            resource_usage,
            lost,
            terms: None,
            server: None,
            program: Some(observed),
        };
        Ok((trial, journal))
    }

    fn run_trial(
        &mut self,
        strategy: &'static dyn Strategy,
        variant: &StrategyVariant,
        round: usize,
        position: usize,
    ) -> Result<Trial> {
        let experiment = self.conditions.experiment;
        let own_url = self.server.as_ref().map(|server| server.url.clone());
        let url = experiment.url.clone().or(own_url);
        let concurrency = strategy.concurrency(self.conditions.concurrency);
        let job = TrialJob {
            strategy: strategy.name().to_owned(),
            url: url.expect("without a URL there is flagpole's own server"),
            codes: experiment.codes(),
            paths: experiment.urls.clone().unwrap_or_default(),
            downloads: experiment.list_length() * experiment.times.get(),
            files: experiment.files.unwrap_or_default(),
            interval: None,
            concurrency: concurrency.get(),
            policy: variant.policy.clone(),
            transport: experiment.transport,
            run: run_name(round, position),
        };
        let mut result = run_trial(job, self.interrupt, self.server.as_mut())?;
        self.complete(&mut result.records);
        let mut stats = RunStats::from_records(&result.records);
        stats.unstarted = result.unstarted;
        Ok(Trial {
            round,
            position,
            measured: MeasuredRun {
                strategy: strategy.name(),
                concurrency: concurrency.get(),
                wall: result.wall,
                timeout: variant.policy()?.timeouts.total,
                stats,
                records: result.records,
            },
            resource_usage: result.resource_usage,
            lost: result.lost,
            terms: None,
            server: None,
            program: None,
        })
    }
}

/// The name of a run. Unique, because the server counts requests per name, and an external server may remember the
/// names of earlier comparisons.
fn run_name(round: usize, position: usize) -> String {
    let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
    format!("{}-{now}-{round}-{position}", std::process::id())
}

/// The indices of `count` strategies in the order of this round: a shuffle that follows from the seed and the round, so
/// that no strategy always runs after the same other strategy.
fn order(seed: u64, round: usize, count: usize) -> Vec<usize> {
    let mut rng = RngKey::new(seed, 0, "", round as u64).rng(DrawPurpose::TrialOrder);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut rng);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `protocol/tests/golden/rand_uses.py`.
    #[test]
    fn orders_are_those_of_the_golden_vectors() {
        assert_eq!(order(7, 1, 5), [2, 1, 3, 4, 0]);
        assert_eq!(order(7, 2, 5), [1, 3, 4, 0, 2]);
    }

    #[test]
    fn every_order_of_three_occurs_in_100_rounds() {
        let mut orders: Vec<_> = (0..100).map(|round| order(7, round, 3)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
        }
        orders.sort_unstable();
        orders.dedup();
        assert_eq!(orders.len(), 6);
    }
}
