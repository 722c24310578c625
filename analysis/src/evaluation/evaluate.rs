//! The evaluation of a cell.

use super::measured_cell::{MeasuredCell, MeasuredStrategy, usable_cores};
use super::{ratios, verdict_evidence};
use crate::bottleneck::{Bottleneck, ObservedRun};
use crate::bound::{BoundTerms, ServerLimits};
use crate::comparison::{Cell, StrategyResult, Trial, WallClock, median_trial};
use crate::report::timeline;
use crate::validity::ResponseExcess;
use flagpole_protocol::as_micros;
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
            for trial in &mut measured.trials {
                trial.terms = BoundTerms::for_run(&trial.measured, limits);
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
            result.bottleneck =
                median.map(|median| bottleneck(median, limits, is_external, self.cores));
            strategies.push(result);
        }
        let reference = ratios::add(&mut strategies, self.reference.as_deref());
        add_timelines(&mut strategies, &self.strategies);
        let verdict = verdict_evidence::verdict(&self, &mut strategies);
        let rounds = self.strategies.iter().map(|one| one.trials.len());
        let wall_clock = if self.has_programs() {
            WallClock::Server
        } else {
            WallClock::Client
        };
        Cell {
            conditions: self.conditions,
            rounds: rounds.max().unwrap_or(0),
            order: self.order,
            repeated_rounds: self.repeated_rounds,
            reference,
            wall_clock,
            strategies,
            server: self.server,
            verdict,
        }
    }
}

fn bottleneck(trial: &Trial, limits: ServerLimits, is_external: bool, cores: usize) -> Bottleneck {
    let (measured, cpu) = (&trial.measured, trial.cpu_us());
    Bottleneck::for_run(&ObservedRun {
        records: &measured.records,
        concurrency: measured.concurrency,
        wall: measured.wall,
        timeout: measured.timeout,
        limits,
        is_external,
        cpu: (cpu > 0).then(|| Duration::from_micros(cpu)),
        cores: usable_cores(trial, cores),
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
