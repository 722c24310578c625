//! Thresholds that no result can be judged by: percentiles that the sample will not support, and efficiencies without a
//! lower bound.

use super::{ForeseenRuns, NoBound, SampleKind, SampleSize};
use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::{Result, anyhow};
use flagpole_analysis::comparison::threshold::{
    LatencyKind, LatencyMetric, Metric, RelativeTo, RunMetric, Threshold,
};

/// Rejects thresholds that certainly cannot be judged under one of the conditions of an experiment.
pub(crate) fn check(experiment: &Experiment) -> Result<()> {
    if experiment.fail_if.is_empty() {
        return Ok(());
    }
    let variants = experiment.strategy_variants()?;
    let workload = experiment.workload();
    for conditions in &experiment.cells(&variants, None) {
        let runs = ForeseenRuns::new(conditions, &workload)?;
        for threshold in &experiment.fail_if {
            let is_named = |one: &&StrategyVariant| {
                let other = RelativeTo::Strategy(one.name.clone());
                one.name == threshold.name || threshold.relative_to == Some(other)
            };
            for variant in variants.iter().filter(is_named) {
                if let Some(reason) = runs.objection(threshold, variant)? {
                    return Err(anyhow!(
                        "--fail-if: `{threshold}`{}: {reason}",
                        runs.place()
                    ));
                }
            }
        }
    }
    Ok(())
}

impl ForeseenRuns<'_> {
    /// Why the threshold cannot be judged by the runs of a strategy.
    fn objection(
        &self,
        threshold: &Threshold,
        variant: &StrategyVariant,
    ) -> Result<Option<String>> {
        Ok(match threshold.metric {
            Metric::Run(RunMetric::Efficiency) => self.no_bound(variant)?.map(describe_no_bound),
            // How many will fail is not known.
            Metric::Latency(LatencyMetric {
                of_failures: false,
                kind,
                ..
            }) => {
                let kind = match kind {
                    LatencyKind::Download => SampleKind::Downloads,
                    LatencyKind::Response | LatencyKind::Service => SampleKind::Attempts,
                };
                let required = threshold.required_samples().unwrap_or(0);
                let size = self.sample_size(variant, kind)?;
                (required > size.independent as u64).then(|| self.describe(kind, required, size))
            }
            Metric::Run(_) | Metric::Latency(_) => None,
        })
    }

    fn describe(&self, kind: SampleKind, required: u64, size: SampleSize) -> String {
        let what = match kind {
            SampleKind::Downloads => "downloads",
            SampleKind::Attempts => "requests",
        };
        let experiment = self.conditions.experiment;
        let (more, rounds_too) = match experiment.urls {
            Some(_) => ("--times", "--rounds or --times"),
            None => ("--flags or --times", "--rounds, --flags or --times"),
        };
        let SampleSize {
            independent,
            is_of_one_round,
        } = size;
        if is_of_one_round {
            return format!(
                "needs {required} independent {what}, got {independent}; raise {more} (the delays differ, and every \
                 round has the same)"
            );
        }
        let rounds = experiment.rounds;
        format!("needs {required} {what}, got {independent} in {rounds} rounds; raise {rounds_too}")
    }

    /// The conditions of the cell, if there are others.
    fn place(&self) -> String {
        match &self.conditions.latency {
            Some(latency) => format!(" at latency {latency}"),
            None => String::new(),
        }
    }
}

fn describe_no_bound(reason: NoBound) -> String {
    match reason {
        NoBound::Hedged => "hedged requests have no lower bound; remove --hedge",
        NoBound::NotDelayed => "without delays there is no lower bound; raise --latency",
    }
    .to_owned()
}
