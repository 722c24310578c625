//! `--find-rate` and `--find-concurrency`: a run for each step of a search.

use super::current_run::CurrentRun;
use super::display::DisplayKind;
use super::metrics::MetricsServer;
use super::plan::LoadPlan;
use super::run::{self, EndConditions, RunOutputs};
use super::spec::LoadSpec;
use super::spec::values::Connections;
use super::targets::Targets;
use super::text;
use crate::options::policy_values::{AnyDuration, PositiveDuration};
use crate::output;
use crate::process::server_process::ServerProcess;
use crate::process::system_limits;
use anyhow::{Context as _, Result};
use flagpole_analysis::HumanDuration;
use flagpole_analysis::load::condition::ConditionStatus;
use flagpole_analysis::load::search::{
    LoadSearch, SearchPhase, SearchPlan, SearchPoint, SearchResult, SearchStep, SearchVariable,
};
use flagpole_analysis::load::{LoadResult, ObservedLoad};
use flagpole_client::ArrivalRate;
use flagpole_server::RunPage;
use std::time::Duration;

/// The length of a step, unless `-z` says otherwise.
const STEP: Duration = Duration::from_secs(5);

/// The time before each step that is in no figure: a step opens connections, and an overloaded server has requests of the step
/// before.
const WARM_UP: Duration = Duration::from_millis(500);

/// The first rate, per second, and the highest one.
const FIRST_RATE: f64 = 100.0;
const MAX_RATE: f64 = 1e6;

/// The highest number of connections, if as many open files are allowed.
const MAX_CONCURRENCY: u32 = 10_000;

/// The resolution of the search: where it ends, the lowest load that fails is at most 1% higher.
const RESOLUTION: f64 = 0.01;

/// What all steps share.
pub(crate) struct SearchContext<'a> {
    pub(crate) spec: &'a LoadSpec,
    pub(crate) targets: &'a Targets,
    pub(crate) server: Option<&'a mut ServerProcess>,
    pub(crate) metrics: Option<&'a MetricsServer>,
    pub(crate) live: Option<&'a RunPage>,
    pub(crate) current: &'a CurrentRun,
    pub(crate) is_quiet: bool,
}

/// Searches, with a line on standard error for each step; returns what was found, and the last run.
pub(crate) fn search(context: &mut SearchContext<'_>) -> Result<(SearchResult, ObservedLoad)> {
    let spec = context.spec;
    let condition = spec
        .search_condition()
        .context("a search has a condition")?;
    let variable = variable(spec);
    let allowed = u32::try_from(system_limits::max_connections()).unwrap_or(u32::MAX);
    let max = match variable {
        SearchVariable::Rate => MAX_RATE,
        SearchVariable::Concurrency => MAX_CONCURRENCY.min(allowed).into(),
    };
    let mut search = LoadSearch::new(SearchPlan {
        variable,
        condition: condition.clone(),
        start: first_load(variable),
        max,
        resolution: RESOLUTION,
        step: spec.duration.map_or(STEP, |duration| duration.0),
    });
    let mut last = ObservedLoad::default();
    while let Some(step) = search.next() {
        last = context.run_step(variable, step)?;
        search.record(&LoadResult::from(&last));
        if let Some(point) = search.result().curve.last().filter(|_| !context.is_quiet) {
            output::note(&line(variable, step, point));
        }
    }
    Ok((search.result(), last))
}

impl SearchContext<'_> {
    fn run_step(&mut self, variable: SearchVariable, step: SearchStep) -> Result<ObservedLoad> {
        let plan = LoadPlan::new(&spec_of(self.spec, variable, step)?)?;
        let conditions = EndConditions {
            abort_if: &self.spec.abort_if,
            baseline: None,
        };
        let outputs = RunOutputs {
            metrics: self.metrics,
            live: self.live,
            display: DisplayKind::Nothing,
            ..RunOutputs::default()
        };
        let server = self.server.as_deref_mut();
        let measured = run::run(
            &plan,
            self.targets,
            server,
            conditions,
            outputs,
            self.current,
        )?;
        Ok(measured.observed)
    }
}

/// The plan of a run, or of the first step of a search.
pub(crate) fn first_plan(spec: &LoadSpec) -> Result<LoadPlan> {
    if spec.search_condition().is_none() {
        return LoadPlan::new(spec);
    }
    let variable = variable(spec);
    let step = SearchStep {
        load: first_load(variable),
        duration: STEP,
        phase: SearchPhase::Exponential,
    };
    LoadPlan::new(&spec_of(spec, variable, step)?)
}

fn variable(spec: &LoadSpec) -> SearchVariable {
    match spec.find_rate {
        Some(_) => SearchVariable::Rate,
        None => SearchVariable::Concurrency,
    }
}

fn first_load(variable: SearchVariable) -> f64 {
    match variable {
        SearchVariable::Rate => FIRST_RATE,
        SearchVariable::Concurrency => 1.0,
    }
}

/// The run of a step.
fn spec_of(spec: &LoadSpec, variable: SearchVariable, step: SearchStep) -> Result<LoadSpec> {
    let mut spec = spec.clone();
    (spec.find_rate, spec.find_concurrency) = (None, None);
    spec.duration = Some(PositiveDuration(step.duration));
    spec.warm_up.get_or_insert(AnyDuration(WARM_UP));
    match variable {
        SearchVariable::Rate => {
            let rate = ArrivalRate::from_per_second(step.load);
            spec.rate = Some(rate.context("a search asks for possible rates")?);
        }
        SearchVariable::Concurrency => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a whole number from 1 to the maximum"
            )]
            let connections = Connections::new(step.load as usize);
            spec.concurrency = Some(connections.context("a search asks for possible numbers")?);
        }
    }
    Ok(spec)
}

/// A step for people: `400/s for 5.00 s: 400/s, p99 21.3 ms, 0.00% errors: meets the condition`.
fn line(variable: SearchVariable, step: SearchStep, point: &SearchPoint) -> String {
    let status = match point.status {
        ConditionStatus::Holds => "meets the condition".to_owned(),
        ConditionStatus::DoesNotHold => "does not meet it".to_owned(),
        ConditionStatus::NotJudged => format!("not judged: {}", point.message),
    };
    let p99 = point.p99.map(|one| Duration::from_micros(one.us));
    format!(
        "{} for {}: {}, p99 {}, {:.2}% errors: {status}",
        variable.describe(step.load),
        HumanDuration(step.duration),
        text::rate(point.requests_per_s),
        text::latency(p99),
        100.0 * point.error_share,
    )
}
