//! How the iterations of a scenario ended.

use crate::human::grouped;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The iterations of a scenario, the warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadIterations {
    /// All steps were successes.
    pub completed: u64,
    /// A step ended them.
    pub failed: u64,
    /// Begun, and neither completed nor failed when the run ended.
    pub unfinished: u64,
    /// What ended iterations, for each step of the scenario.
    pub steps: Vec<IterationStep>,
}

/// The iterations that ended at a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IterationStep {
    /// The name of the step.
    pub name: String,
    /// Its request was no success.
    pub failed_requests: u64,
    /// The response had no value that the step extracts, or no request could be made from the values.
    pub missing_values: u64,
    /// Why, the first time that a value was missing; null if none was.
    pub first_reason: Option<String>,
}

impl LoadIterations {
    pub(super) fn begun(&self) -> u64 {
        self.completed + self.failed + self.unfinished
    }

    /// The counts, and what ended iterations, one line each.
    pub(super) fn sentences(&self) -> Vec<String> {
        let counts = [
            (self.completed, "completed"),
            (self.failed, "failed"),
            (self.unfinished, "unfinished"),
        ];
        let counts = counts.map(|(count, state)| format!("{} {state}", grouped(count)));
        let mut lines = vec![format!("iterations: {}", counts.join(", "))];
        lines.extend(self.steps.iter().filter_map(IterationStep::sentence));
        lines
    }
}

impl IterationStep {
    /// The number of iterations that it ended.
    pub(super) fn ends(&self) -> u64 {
        self.failed_requests + self.missing_values
    }

    fn sentence(&self) -> Option<String> {
        let failed = (self.failed_requests > 0)
            .then(|| format!("{} by its request", grouped(self.failed_requests)));
        let missing = (self.missing_values > 0).then(|| {
            let reason = self.first_reason.as_deref();
            let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            format!("{} without a value{reason}", grouped(self.missing_values))
        });
        let ends: Vec<_> = failed.into_iter().chain(missing).collect();
        let name = &self.name;
        (!ends.is_empty()).then(|| format!("ended at `{name}`: {}", ends.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_steps_that_ended_iterations_are_named() {
        let step = |name: &str, failed_requests, missing_values| IterationStep {
            name: name.to_owned(),
            failed_requests,
            missing_values,
            first_reason: Some("no field `x`".to_owned()).filter(|_| missing_values > 0),
        };
        let iterations = LoadIterations {
            completed: 1200,
            failed: 5,
            unfinished: 0,
            steps: vec![step("login", 2, 3), step("order", 0, 0)],
        };
        assert_eq!(
            iterations.sentences(),
            [
                "iterations: 1,200 completed, 5 failed, 0 unfinished",
                "ended at `login`: 2 by its request, 3 without a value (no field `x`)",
            ]
        );
    }
}
