//! The search as a pure state machine: it says which load to measure next, and for how long.

use super::classify::Finding;
use crate::load::condition::LoadCondition;
use crate::load::result::LoadResult;
use crate::load::search_result::{
    SearchEnd, SearchPhase, SearchPoint, SearchResult, SearchVariable,
};
use flagpole_protocol::as_micros;
use std::time::Duration;

/// How many times as many requests as its percentiles need a step has: some fail or do not end.
const SAMPLE_MARGIN: f64 = 1.5;
/// How many times as long as the others the confirming run is: an overload of 1% needs that long to show in percentiles.
const CONFIRMATION_TIMES: u32 = 3;
/// How often a step is made again, each time twice as long, because it had too few requests.
const MAX_EXTENSIONS: u32 = 3;
/// How often a step is made again because the client was the limit: other programs may have been, for a moment.
const MAX_REPETITIONS: u32 = 1;
/// At how many loads in a row, each half of the one before, the client may be the limit before the search gives up: the cause
/// is not the load then.
const MAX_CLIENT_LIMITS: u32 = 6;
/// How often a load is confirmed, each time at a lower one. The distance doubles, so that this is at most half of it with a
/// resolution of 1%.
const MAX_CONFIRMATIONS: u32 = 6;

/// The smallest load: one a second, or one connection.
const SMALLEST: f64 = 1.0;

/// What to search for.
#[derive(Clone, Debug)]
pub struct SearchPlan {
    /// What is varied.
    pub variable: SearchVariable,
    /// The condition that the load must meet.
    pub condition: LoadCondition,
    /// The first load: arrivals per second, or connections.
    pub start: f64,
    /// The highest load to ask for.
    pub max: f64,
    /// The distance between a load that meets the condition and one that does not, as a part of it, at which the search
    /// ends: 0.01.
    pub resolution: f64,
    /// The shortest length of a step; the first ones take half of it, the confirming ones three times as long.
    pub step: Duration,
}

/// A load to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SearchStep {
    /// Arrivals per second, or connections.
    pub load: f64,
    /// How long to measure it, without a warm-up.
    pub duration: Duration,
    /// What it is for.
    pub phase: SearchPhase,
}

/// A search: ask for [`next`](LoadSearch::next), measure it, [`record`](LoadSearch::record) the result, until there is no
/// next step.
#[derive(Clone, Debug)]
pub struct LoadSearch {
    plan: SearchPlan,
    /// The highest load that met the condition.
    meets: Option<f64>,
    /// The lowest load that is not to be asked for again: it failed, or the client was the limit.
    ceiling: Option<f64>,
    fails_at: Option<f64>,
    /// Whether a step of full length failed at the ceiling or above it, or the client was the limit there again.
    is_ceiling_checked: bool,
    client_limit: Option<String>,
    /// The number of loads in a row at which the client was the limit.
    client_limits: u32,
    step: SearchStep,
    extensions: u32,
    repetitions: u32,
    confirmations: u32,
    /// Requests per second and load of the last step, for the length of the next.
    requests_per_load: Option<f64>,
    end: Option<SearchEnd>,
    curve: Vec<SearchPoint>,
}

impl LoadSearch {
    /// A search that has not begun.
    pub fn new(plan: SearchPlan) -> LoadSearch {
        let step = SearchStep {
            load: plan.start.min(plan.max),
            duration: Duration::ZERO,
            phase: SearchPhase::Exponential,
        };
        let mut search = LoadSearch {
            plan,
            meets: None,
            ceiling: None,
            fails_at: None,
            is_ceiling_checked: false,
            client_limit: None,
            client_limits: 0,
            step,
            extensions: 0,
            repetitions: 0,
            confirmations: 0,
            requests_per_load: None,
            end: None,
            curve: Vec::new(),
        };
        search.go_to(step.load, step.phase);
        search
    }

    /// The load to measure now; `None` at the end of the search.
    pub fn next(&self) -> Option<SearchStep> {
        self.end.is_none().then_some(self.step)
    }

    /// Takes the result of the step that [`next`](LoadSearch::next) asked for.
    pub fn record(&mut self, result: &LoadResult) {
        let (finding, judged) = Finding::new(&self.plan.condition, result);
        let figures = &result.figures;
        self.curve.push(SearchPoint {
            asked: self.step.load,
            phase: self.step.phase,
            window_us: figures.window_us,
            requests_per_s: figures.requests_per_s,
            p50: figures.response_time.p50,
            p99: figures.response_time.p99,
            error_share: figures.error_share(),
            validity: result.verdict.validity,
            status: judged.status,
            message: judged.message,
        });
        self.requests_per_load = Some(figures.requests_per_s / self.step.load);
        match finding {
            Finding::Meets => self.on_meets(),
            Finding::Fails => {
                let lowest = self
                    .fails_at
                    .map_or(self.step.load, |load| load.min(self.step.load));
                self.fails_at = Some(lowest);
                // The client reached a load that the server could not bear: it was no limit at higher ones.
                (self.client_limit, self.client_limits) = (None, 0);
                self.is_ceiling_checked |= self.step.phase != SearchPhase::Exponential;
                self.on_ceiling();
            }
            Finding::ClientLimit(_) if self.repetitions < MAX_REPETITIONS => self.repetitions += 1,
            Finding::ClientLimit(message) => {
                self.client_limits += 1;
                if self.meets.is_none() && self.client_limits >= MAX_CLIENT_LIMITS {
                    let load = self.plan.variable.describe(self.step.load);
                    self.stop(format!("the client was the limit at {MAX_CLIENT_LIMITS} loads down to {load}: {message}"));
                    return;
                }
                self.client_limit = Some(message);
                // A busy client at one load says little: the load is checked when the search has come to it from below.
                self.is_ceiling_checked = self.ceiling == Some(self.step.load);
                self.on_ceiling();
            }
            Finding::TooFew if self.extensions < MAX_EXTENSIONS => {
                self.extensions += 1;
                self.step.duration *= 2;
            }
            Finding::TooFew => self.stop(format!(
                "at {} there were too few requests to judge `{}`; ask for longer steps (`-z`)",
                self.plan.variable.describe(self.step.load),
                self.plan.condition
            )),
            Finding::Ends(message) => self.stop(message),
        }
    }

    /// What the search found so far.
    pub fn result(&self) -> SearchResult {
        let interrupted = || SearchEnd::Stopped {
            message: "interrupted".to_owned(),
        };
        SearchResult {
            variable: self.plan.variable,
            condition: self.plan.condition.to_string(),
            limit: self.meets,
            fails_at: self.fails_at,
            end: self.end.clone().unwrap_or_else(interrupted),
            client_limit: self.client_limit.clone(),
            curve: self.curve.clone(),
        }
    }

    fn on_meets(&mut self) {
        let load = self.step.load;
        (self.meets, self.client_limits) = (Some(load), 0);
        if self.step.phase == SearchPhase::Confirmation {
            self.end = Some(SearchEnd::Confirmed);
            return;
        }
        if self.ceiling.is_some_and(|ceiling| load >= ceiling) {
            // The earlier step failed by chance.
            self.fails_at = self.fails_at.filter(|fails_at| *fails_at > load);
            (self.ceiling, self.is_ceiling_checked) = (self.fails_at, false);
            self.client_limit = None;
        }
        match self.ceiling {
            Some(ceiling) => self.halve(load, ceiling),
            None if load >= self.plan.max => self.end = Some(SearchEnd::Maximum),
            None => self.go_to((2.0 * load).min(self.plan.max), SearchPhase::Exponential),
        }
    }

    fn on_ceiling(&mut self) {
        let load = self.step.load;
        self.ceiling = Some(load);
        if self.step.phase == SearchPhase::Confirmation {
            self.confirm_lower(load);
        } else if let Some(meets) = self.meets {
            self.halve(meets, load);
        } else if load > SMALLEST {
            self.go_to((load / 2.0).max(SMALLEST), SearchPhase::Exponential);
        } else {
            self.end = Some(self.none());
        }
    }

    /// Goes on between a load that meets the condition and one that does not.
    fn halve(&mut self, meets: f64, ceiling: f64) {
        let middle = self.rounded(f64::midpoint(meets, ceiling));
        let is_between = meets < middle && middle < ceiling;
        if is_between && ceiling - meets > self.plan.resolution * meets {
            self.go_to(middle, SearchPhase::Binary);
        } else if !self.is_ceiling_checked {
            // All steps below it met the condition: a disturbance of one step must not decide.
            self.go_to(ceiling, SearchPhase::Binary);
        } else {
            self.go_to(meets, SearchPhase::Confirmation);
        }
    }

    /// The longer run did not meet the condition: tries a lower load.
    fn confirm_lower(&mut self, load: f64) {
        // What shorter runs said of it does not count.
        self.meets = None;
        self.confirmations += 1;
        let distance = self.plan.resolution * load * f64::from(2_u32.pow(self.confirmations - 1));
        let lower = self.rounded(load - distance.max(SMALLEST));
        if self.confirmations >= MAX_CONFIRMATIONS {
            self.stop(format!(
                "no load was confirmed: longer runs at {} and above did not meet the condition; the limit varies, ask \
                 for longer steps (`-z`)",
                self.plan.variable.describe(load)
            ));
        } else if lower < SMALLEST {
            self.end = Some(self.none());
        } else {
            self.go_to(lower, SearchPhase::Confirmation);
        }
    }

    fn none(&self) -> SearchEnd {
        match &self.client_limit {
            Some(message) => SearchEnd::Stopped {
                message: format!("the client was the limit at the lowest load: {message}"),
            },
            None => SearchEnd::NoneMeets,
        }
    }

    fn stop(&mut self, message: String) {
        self.end = Some(SearchEnd::Stopped { message });
    }

    fn go_to(&mut self, load: f64, phase: SearchPhase) {
        (self.extensions, self.repetitions) = (0, 0);
        let load = self.rounded(load);
        self.step = SearchStep {
            load,
            duration: self.duration(load, phase),
            phase,
        };
    }

    /// Long enough for the percentiles of the condition.
    fn duration(&self, load: f64, phase: SearchPhase) -> Duration {
        let step = self.plan.step;
        let least = match phase {
            SearchPhase::Exponential => step / 2,
            SearchPhase::Binary => step,
            SearchPhase::Confirmation => step * CONFIRMATION_TIMES,
        };
        let per_load = match self.plan.variable {
            SearchVariable::Rate => Some(1.0),
            SearchVariable::Concurrency => self.requests_per_load,
        };
        let required = self.plan.condition.required_samples().unwrap_or(1) as f64;
        let seconds = per_load.map(|per_load| SAMPLE_MARGIN * required / (per_load * load));
        let for_samples = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        // In whole milliseconds, for people.
        let duration = least.max(for_samples.unwrap_or_default());
        Duration::from_millis(as_micros(duration).div_ceil(1000))
    }

    /// A load that can be asked for: of whole connections, and of rates with 4 significant digits.
    fn rounded(&self, load: f64) -> f64 {
        match self.plan.variable {
            SearchVariable::Concurrency => load.round(),
            SearchVariable::Rate => {
                let scale = 10_f64.powf(3.0 - load.log10().floor());
                (load * scale).round() / scale
            }
        }
    }
}
