//! From what was observed to the result.

use super::baseline::compare;
use super::figures::LoadFigures;
use super::histogram::HistogramBucket;
use super::merge_facts::MergeFacts;
use super::notes::notes;
use super::observed::ObservedLoad;
use super::result::{InFlightFigures, LOAD_SCHEMA_VERSION, LoadResult};
use crate::validity::{Validity, Verdict};
use flagpole_protocol::as_micros;

impl From<&ObservedLoad> for LoadResult {
    fn from(observed: &ObservedLoad) -> LoadResult {
        let mut result = LoadResult::unjudged(observed);
        result.verdict = Verdict::for_load(observed, &result.figures, &result.conditions);
        result.notes = notes(observed);
        result
    }
}

impl LoadResult {
    /// The result of a load of several processes.
    pub(super) fn merged(observed: &ObservedLoad, facts: MergeFacts) -> LoadResult {
        let mut result = LoadResult::unjudged(observed);
        result.verdict = Verdict::for_merge(observed, &facts, &result.figures, &result.conditions);
        result.notes = facts.notes;
        result.processes = facts.processes;
        result
    }

    /// The result without verdict and notes.
    fn unjudged(observed: &ObservedLoad) -> LoadResult {
        let figures = observed.figures();
        let baseline = observed.baseline.as_ref().map(|result| &result.figures);
        let conditions = observed.fail_if.iter();
        let conditions = conditions.map(|condition| condition.judge(&figures, baseline));
        LoadResult {
            schema_version: LOAD_SCHEMA_VERSION,
            verdict: Verdict {
                validity: Validity::Valid,
                reasons: Vec::new(),
                unchecked: Vec::new(),
            },
            asked: observed.asked.clone(),
            targets: observed.targets.clone(),
            settings: observed.settings.clone(),
            repeat: observed.repeat.clone(),
            environment: observed.environment.clone(),
            stop: observed.stop.clone(),
            elapsed_us: as_micros(observed.elapsed),
            in_flight: observed.in_flight(),
            unstarted: observed.unstarted,
            iterations: observed.iterations.clone(),
            conditions: conditions.collect(),
            notes: Vec::new(),
            baseline: baseline.map_or_else(Vec::new, |earlier| compare(&figures, earlier)),
            search: None,
            figures,
            seconds: observed.seconds.clone(),
            histogram: HistogramBucket::from_latencies(&observed.stats.response_time()),
            processes: Vec::new(),
            loops: observed.loops.clone(),
            resource_usage: observed.resource_usage,
            lost: observed.lost,
            is_server_local: observed.is_server_local,
            server_cpu_us: observed.server_cpu.map(as_micros),
            server: observed.server.clone(),
        }
    }
}

impl ObservedLoad {
    /// The figures of the run.
    pub fn figures(&self) -> LoadFigures {
        LoadFigures::new(&self.stats, self.window, self.in_window, self.scheduled)
    }

    fn in_flight(&self) -> InFlightFigures {
        // The threads of the loops live longer than the run.
        let seconds = self.elapsed.as_secs_f64() + self.asked.warm_up_us as f64 / 1e6;
        let area: f64 = self.loops.iter().map(|one| one.in_flight_area_s).sum();
        let is_known = !self.loops.is_empty() && seconds > 0.0;
        InFlightFigures {
            mean: is_known.then(|| area / seconds),
            max: self.loops.iter().map(|one| one.max_in_flight).sum(),
        }
    }
}
