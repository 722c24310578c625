//! The rounds under one set of conditions: every contender once a round, all meeting the same fates.

use crate::experiment::runner::abort_reason::AbortReason;
use crate::experiment::runner::cell_run::CellRun;
use crate::experiment::runner::connect_failure;
use crate::experiment::runner::progress::{Progress, Step};
use crate::experiment::runner::shuffle::order;
use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::process::server_process::ServerProcess;
use crate::process::trial_job::{Files, TrialJob};
use crate::process::trial_process::{Interrupt, run_trial};
use anyhow::{Error, Result};
use flagpole_analysis::report::Trial;
use flagpole_client::Concurrency;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use std::time::{SystemTime, UNIX_EPOCH};

/// The condition that says how many lanes there are.
pub(crate) const LANES: &str = "max-req";

/// What broke the rounds off if somebody asked for it.
const INTERRUPTED: &str = "interrupted";

/// One set of conditions.
pub(crate) struct Conditions<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) contenders: &'a [StrategyVariant],
    pub(crate) latency: Option<Latency>,
    pub(crate) lanes: Concurrency,
    /// Whether the lanes were asked for, or differ from those of other cells.
    pub(crate) tells_lanes: bool,
    /// The place of its steps in the progress.
    pub(crate) step: usize,
    /// What is wrong with the measurement before it began.
    pub(crate) trouble: Option<&'a str>,
}

impl Conditions<'_> {
    /// What our own server does here.
    pub(crate) fn listener(&self) -> Result<Option<Listener>> {
        let mut listener = self.experiment.listener()?;
        if let (Some(listener), Some(latency)) = (&mut listener, &self.latency) {
            listener.latency = latency.clone();
        }
        Ok(listener)
    }

    /// What it adds to the progress, by contender.
    pub(crate) fn steps(&self) -> Result<Vec<Step>> {
        let (listener, rounds) = (self.listener()?, self.experiment.rounds.get() + 1);
        let each = self.contenders.iter();
        let steps = each.map(|contender| {
            let foreseen = (self.experiment).foreseen(contender, self.lanes, listener.as_ref())?;
            Ok(Step::new(rounds, foreseen))
        });
        steps.collect()
    }

    /// Carries the rounds out.
    pub(crate) fn run(&self, interrupt: &Interrupt, progress: &mut Progress) -> Result<CellRun> {
        let mut ran = self.nothing();
        if interrupt.is_requested() {
            ran.broken = Some(AbortReason::new(INTERRUPTED));
            return Ok(ran);
        }
        let seed = self.experiment.seed.0.0;
        let mut helper = match self.listener()? {
            Some(listener) => Some(ServerProcess::start(&listener, seed)?),
            None => None,
        };
        for round in 0..=self.experiment.rounds.get() {
            ran.broken = self.round(round, &mut helper, &mut ran, interrupt, progress);
            if ran.broken.is_some() {
                break;
            }
        }
        if let Some(helper) = helper {
            match helper.stop() {
                Ok(served) => ran.served = Some(served),
                Err(error) => {
                    ran.broken = ran.broken.or(Some(AbortReason::from_error(&error)));
                }
            }
        }
        Ok(ran)
    }

    /// Rounds that could not be begun.
    pub(crate) fn broken(&self, error: &Error) -> CellRun {
        CellRun {
            broken: Some(AbortReason::from_error(error)),
            ..self.nothing()
        }
    }

    fn nothing(&self) -> CellRun {
        CellRun {
            trials: self.contenders.iter().map(|_| Vec::new()).collect(),
            warm_up: Vec::new(),
            spoiled: None,
            order: Vec::new(),
            served: None,
            broken: None,
        }
    }

    /// One round, to its end or until something breaks, which it says.
    fn round(
        &self,
        round: usize,
        helper: &mut Option<ServerProcess>,
        ran: &mut CellRun,
        interrupt: &Interrupt,
        progress: &mut Progress,
    ) -> Option<AbortReason> {
        let places = order(self.experiment.seed.0.0, round, self.contenders.len());
        let mut names = Vec::new();
        let mut broken = None;
        for (place, &index) in (1..).zip(&places) {
            let contender = &self.contenders[index];
            progress.next(
                self.step + index,
                &format!("{}, round {round}", contender.name),
            );
            names.push(contender.name.clone());
            let mut trial = self.trial(contender, round, place, helper.as_mut(), interrupt);
            let mut wrong = match &trial {
                Ok(trial) => connect_failure::of_all_attempts(trial),
                Err(error) => Some(AbortReason::from_error(error)),
            };
            let asked = (interrupt.is_requested()).then(|| AbortReason::new(INTERRUPTED));
            if let (Ok(trial), Some(helper), None) = (&mut trial, helper.as_mut(), &asked) {
                match helper.drain_and_reset() {
                    Ok(served) => trial.served = Some(served),
                    Err(error) => wrong = Some(AbortReason::from_error(&error)),
                }
            }
            let name = &contender.name;
            let wrong = wrong.map(|wrong| AbortReason {
                message: format!("the trial of `{name}` in round {round}: {}", wrong.message),
                ..wrong
            });
            let end = helper.as_mut().and_then(ServerProcess::exit);
            let end = end.map(AbortReason::new);
            broken = end.or(asked).or(wrong);
            match trial {
                Ok(trial) if broken.is_some() => ran.spoiled = Some((index, trial)),
                Ok(trial) if round == 0 => ran.warm_up.push((index, trial)),
                Ok(trial) => ran.trials[index].push(trial),
                Err(_) => {}
            }
            if broken.is_some() {
                break;
            }
        }
        if round > 0 {
            ran.order.push(names);
        }
        broken
    }

    fn trial(
        &self,
        contender: &StrategyVariant,
        round: usize,
        place: usize,
        helper: Option<&mut ServerProcess>,
        interrupt: &Interrupt,
    ) -> Result<Trial> {
        let ours = helper.as_ref().map(|helper| helper.url.clone());
        let url = self.experiment.url.clone().or(ours).unwrap_or_default();
        let codes = self.experiment.flags.0.codes();
        let downloads = codes.len() * self.experiment.times.get();
        let job = TrialJob {
            strategy: contender.strategy.name().to_owned(),
            transport: contender.transport.name().to_owned(),
            url,
            codes: codes.iter().map(ToString::to_string).collect(),
            downloads,
            files: self.experiment.files,
            interval_us: None,
            concurrency: contender.strategy.concurrency(self.lanes).get(),
            policy: contender.policy.clone(),
            run: run_name(round, place),
        };
        let said = run_trial(&job, interrupt, helper)?;
        let measured = said.measured.measured();
        let measured =
            measured.ok_or_else(|| anyhow::anyhow!("it tells of an unknown strategy"))?;
        Ok(Trial {
            round,
            place,
            measured,
            cost: said.cost,
            terms: None,
            served: None,
        })
    }

    /// The conditions, for the result.
    pub(crate) fn told(&self, listener: Option<&Listener>) -> Vec<(String, String)> {
        let experiment = self.experiment;
        let mut told = vec![("flags", experiment.flags.0.to_string())];
        if experiment.times.get() > 1 {
            told.push(("times", experiment.times.to_string()));
        }
        if experiment.files != Files::Flags {
            told.push(("files", format!("{:?}", experiment.files).to_lowercase()));
        }
        let policy = experiment.policy.spelled();
        if !policy.is_empty() {
            told.push(("policy", policy.join(", ")));
        }
        if self.tells_lanes {
            told.push((LANES, self.lanes.to_string()));
        }
        match (&experiment.url, listener) {
            (Some(url), _) => told.push(("url", url.clone())),
            (None, Some(listener)) => {
                told.push(("latency", listener.latency.to_string()));
                let faults: Vec<_> = listener.faults.iter().map(ToString::to_string).collect();
                if !faults.is_empty() {
                    told.push(("faults", faults.join(" + ")));
                }
                if !listener.rules.is_empty() {
                    told.push(("rules", listener.rules.len().to_string()));
                }
                if let Some(capacity) = listener.capacity {
                    let queue = listener.queue.unwrap_or(0);
                    told.push(("capacity", format!("{capacity} queue {queue}")));
                }
                if let Some(limit) = &listener.rate_limit {
                    told.push(("rate limit", limit.to_string()));
                }
                told.push(("seed", experiment.seed.0.to_string()));
            }
            (None, None) => {}
        }
        told.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// A name that no other run has: a server that somebody else started may remember ours.
fn run_name(round: usize, place: usize) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    format!("{}-{now}-{round}-{place}", std::process::id())
}
