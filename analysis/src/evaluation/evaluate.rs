//! The evaluation of a cell.

use super::measured_cell::{MeasuredCell, MeasuredStrategy, usable_cores};
use super::{ratios, verdict_evidence};
use crate::bottleneck::{Bottleneck, ObservedRun, UnaskedRequests};
use crate::bound::{BoundTerms, ServerLimits};
use crate::comparison::{Cell, StrategyResult, Trial, WallMeasuredAt, median_trial};
use crate::program::is_asked;
use crate::report::timeline;
use crate::validity::ResponseExcess;
use flagpole_protocol::{AttemptRecord, as_micros};
use std::borrow::Cow;
use std::time::Duration;

/// The size of a timeline, in characters.
const WIDTH: usize = 60;
const HEIGHT: usize = 6;

impl MeasuredCell {
    /// The results of all strategies, and the verdict.
    pub fn evaluate(mut self) -> Cell {
        let limits = self.limits;
        let mut strategies = Vec::new();
        for measured in &mut self.strategies {
            use_largest_concurrency(&mut measured.trials);
            for trial in &mut measured.trials {
                trial.terms = BoundTerms::for_attempts(
                    &asked_attempts(trial),
                    trial.measured.concurrency,
                    trial.measured.timeout,
                    limits,
                );
                let excess = ResponseExcess::from_records(&trial.measured.records, self.overhead);
                trial.lost.excess_us = excess.map(|excess| as_micros(excess.mean));
                trial.lost.usual_excess_us = excess.map(|excess| as_micros(excess.usual));
            }
            let result = StrategyResult::from_trials(&measured.name, &measured.trials);
            let Some(mut result) = result else {
                continue;
            };
            let median = median_trial(&measured.trials);
            let is_external = self.server.is_none();
            let median = median.filter(|median| has_answers(median));
            result.bottleneck =
                median.map(|median| bottleneck(median, limits, is_external, self.cores));
            strategies.push(result);
        }
        let reference = ratios::add(&mut strategies, self.reference.as_deref());
        add_timelines(&mut strategies, &self.strategies);
        let verdict = verdict_evidence::verdict(&self, &mut strategies);
        let rounds = self.strategies.iter().map(|one| one.trials.len());
        let wall_measured_at = if self.has_programs() {
            WallMeasuredAt::Server
        } else {
            WallMeasuredAt::Client
        };
        Cell {
            conditions: self.conditions,
            rounds: rounds.max().unwrap_or(0),
            order: self.order,
            repeated_rounds: self.repeated_rounds,
            reference,
            wall_measured_at,
            strategies,
            server: self.server,
            verdict,
        }
    }
}

/// Whether a trial shows what limits it: not that of a program that received nothing.
fn has_answers(trial: &Trial) -> bool {
    let stats = &trial.measured.stats;
    trial.program.is_none() || stats.ok + stats.not_found > 0
}

/// The concurrency of a program is what it reached in any round: by chance it reaches less in some, and their bounds must not
/// differ by that.
fn use_largest_concurrency(trials: &mut [Trial]) {
    let programs = trials.iter().filter(|trial| trial.program.is_some());
    let largest = programs.map(|trial| trial.measured.concurrency).max();
    for trial in trials {
        trial.measured.concurrency = largest.unwrap_or(trial.measured.concurrency);
    }
}

/// The attempts that the workload asks for: what a program requests besides must not raise its bound.
fn asked_attempts(trial: &Trial) -> Cow<'_, [AttemptRecord]> {
    let records = &trial.measured.records;
    match trial.program {
        Some(_) => records
            .iter()
            .filter(|one| is_asked(one))
            .cloned()
            .collect(),
        None => Cow::Borrowed(records),
    }
}

fn bottleneck(trial: &Trial, limits: ServerLimits, is_external: bool, cores: usize) -> Bottleneck {
    let (measured, cpu) = (&trial.measured, trial.cpu_us());
    let program = trial.program.as_ref();
    Bottleneck::for_run(&ObservedRun {
        records: &asked_attempts(trial),
        concurrency: measured.concurrency,
        wall: measured.wall,
        timeout: measured.timeout,
        limits,
        is_external,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(trial, cores),
        asked_concurrency: program.and_then(|one| one.asked_concurrency),
        unasked: program.map(|one| UnaskedRequests {
            count: one.requests.unasked(),
            time: one.requests.unasked_time,
        }),
        threads: usize::try_from(trial.resource_usage.peak_threads).unwrap_or(usize::MAX),
    })
}

/// Adds a timeline to each strategy, all with the same time scale.
fn add_timelines(results: &mut [StrategyResult], strategies: &[MeasuredStrategy]) {
    let medians = strategies.iter().filter_map(|one| {
        let median = median_trial(&one.trials)?;
        Some((&one.name, &median.measured.records))
    });
    let medians: Vec<_> = medians.collect();
    let records = medians.iter().flat_map(|(_, records)| records.iter());
    let span = records.map(|record| record.done).max().unwrap_or_default();
    for (name, records) in medians {
        if let Some(result) = results.iter_mut().find(|one| one.name == *name) {
            result.timeline = timeline(records, span, WIDTH, HEIGHT);
        }
    }
}
