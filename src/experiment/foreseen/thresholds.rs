//! Thresholds that no result can be judged by: percentiles that the sample will not support, and efficiencies without a
//! lower bound.

use super::{ForeseenRuns, NoBound, SampleKind, SampleSize};
use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_analysis::comparison::threshold::{
    LatencyKind, LatencyMetric, Metric, RelativeTo, RunMetric, Threshold,
};
use std::fmt;

/// A threshold that certainly cannot be judged under one of the conditions of an experiment.
pub(crate) struct Objection<'a> {
    pub(crate) threshold: &'a Threshold,
    /// The conditions, and why not.
    pub(crate) reason: String,
}

impl Objection<'_> {
    /// Whether the threshold would be crossed: a figure that is missing for another reason than too few samples does not
    /// let a comparison pass.
    pub(crate) fn is_crossed(&self) -> bool {
        matches!(self.threshold.metric, Metric::Run(_))
    }
}

impl fmt::Display for Objection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--fail-if: `{}`{}", self.threshold, self.reason)
    }
}

/// The thresholds that cannot be judged.
pub(crate) fn objections(experiment: &Experiment) -> Result<Vec<Objection<'_>>> {
    let mut objections = Vec::new();
    if experiment.fail_if.is_empty() {
        return Ok(objections);
    }
    let variants = experiment.strategy_variants()?;
    let workload = experiment.workload();
    let cells = experiment.cells(&variants, None);
    let runs = cells.iter().map(|cell| ForeseenRuns::new(cell, &workload));
    let runs: Vec<_> = runs.collect::<Result<_>>()?;
    for threshold in &experiment.fail_if {
        let is_named = |one: &&StrategyVariant| {
            let other = RelativeTo::Strategy(one.name.clone());
            one.name == threshold.name || threshold.relative_to == Some(other)
        };
        let named: Vec<_> = variants.iter().filter(is_named).collect();
        let pairs = runs
            .iter()
            .flat_map(|runs| named.iter().map(move |one| (runs, one)));
        let mut reasons = pairs.map(|(runs, variant)| runs.objection(threshold, variant));
        let first = reasons.find_map(Result::transpose).transpose()?;
        objections.extend(first.map(|reason| Objection { threshold, reason }));
    }
    Ok(objections)
}

impl ForeseenRuns<'_> {
    /// Why the threshold cannot be judged by the runs of a strategy.
    fn objection(
        &self,
        threshold: &Threshold,
        variant: &StrategyVariant,
    ) -> Result<Option<String>> {
        let reason = match threshold.metric {
            Metric::Run(RunMetric::Efficiency) => self.no_bound(variant)?.map(describe_no_bound),
            // How many will fail is not known, unless none will.
            Metric::Latency(LatencyMetric {
                of_failures: true, ..
            }) => {
                let reason = "no planned fault, limit or timeout makes a request fail; add --fault";
                self.plans_no_failure(variant)?.then(|| reason.to_owned())
            }
            Metric::Latency(LatencyMetric { kind, .. }) => {
                let kind = match kind {
                    LatencyKind::Download => SampleKind::Downloads,
                    LatencyKind::Response | LatencyKind::Service => SampleKind::Attempts,
                };
                let required = threshold.required_samples().unwrap_or(0);
                let size = self.sample_size(variant, kind)?;
                (required > size.independent as u64).then(|| self.describe(kind, required, size))
            }
            Metric::Run(_) => None,
        };
        Ok(reason.map(|reason| format!("{}: {reason}", self.place())))
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
