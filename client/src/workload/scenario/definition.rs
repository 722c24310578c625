//! What a scenario consists of: steps, and the names of values.

use super::extraction::Extraction;
use super::template::Template;
use crate::workload::think_time::ThinkTime;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// Several requests one after the other, as one user makes them. Made by [`LoadTargets::add_scenario`].
///
/// [`LoadTargets::add_scenario`]: crate::LoadTargets::add_scenario
#[derive(Clone, Debug)]
pub struct Scenario {
    /// At least one.
    pub(super) steps: Vec<Step>,
    /// The values of the variables, whose indexes are from 1: that of iteration 0, of iteration 1 and so on, and again from the
    /// first. None is empty.
    pub(super) variables: Vec<Vec<String>>,
    /// The number of values: that of the iteration, which has index 0, those of variables and those of responses.
    pub(super) value_count: usize,
    /// Between the iterations of a user of a closed model.
    pub(in crate::workload) think: ThinkTime,
}

/// A request of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) name: String,
    /// The index into the targets of the run.
    pub(super) target: usize,
    /// That of the target.
    pub(super) endpoint: usize,
    pub(super) path: Template,
    /// The fields with placeholders, and the others of their names.
    pub(super) fields: Vec<(HeaderName, Template)>,
    /// The `Cookie` field of the target's message.
    pub(super) cookie: Option<HeaderValue>,
    pub(super) content: StepContent,
    /// Values with their indexes.
    pub(super) extractions: Vec<(usize, Extraction)>,
    /// After this step.
    pub(super) think: ThinkTime,
}

#[derive(Clone, Debug)]
pub(super) enum StepContent {
    Static(Bytes),
    Rendered(Template),
}

impl Scenario {
    /// The names of the steps, in their order.
    pub fn step_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }
}

impl Step {
    /// Whether its requests differ even without cookies.
    pub(super) fn has_values(&self) -> bool {
        self.path.has_values()
            || !self.fields.is_empty()
            || matches!(self.content, StepContent::Rendered(_))
    }
}
