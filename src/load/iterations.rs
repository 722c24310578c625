//! The iterations of a scenario, from the engine to the result.

use flagpole_analysis::load::{IterationStep, LoadIterations};
use flagpole_client::{IterationCounts, StepFailures};

pub(crate) fn load_iterations(counts: &IterationCounts) -> LoadIterations {
    let step = |step: &StepFailures| IterationStep {
        name: step.name.clone(),
        failed_requests: step.failed_requests,
        missing_values: step.missing_values,
        first_reason: step.first_reason.clone(),
    };
    LoadIterations {
        completed: counts.completed,
        failed: counts.failed(),
        unfinished: counts.unfinished,
        steps: counts.steps.iter().map(step).collect(),
    }
}
