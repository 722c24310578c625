//! How the iterations of a scenario ended.

/// The iterations of a scenario, of one loop or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IterationCounts {
    /// All steps were successes.
    pub completed: u64,
    /// Begun, and neither completed nor failed when the run ended.
    pub unfinished: u64,
    /// Those that a step ended, for each step of the scenario.
    pub steps: Vec<StepFailures>,
}

/// The iterations that ended at a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepFailures {
    /// The name of the step.
    pub name: String,
    /// Its request was no success.
    pub failed_requests: u64,
    /// The response had no value that a later step needs, or the request could not be built from the values.
    pub missing_values: u64,
    /// Why a value was missing, the first time.
    pub first_reason: Option<String>,
}

impl IterationCounts {
    /// No iteration of a scenario with these steps.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> IterationCounts {
        let step = |name: &str| StepFailures {
            name: name.to_owned(),
            ..StepFailures::default()
        };
        IterationCounts {
            steps: names.map(step).collect(),
            ..IterationCounts::default()
        }
    }

    /// The iterations that a step ended.
    pub fn failed(&self) -> u64 {
        let failed = |step: &StepFailures| step.failed_requests + step.missing_values;
        self.steps.iter().map(failed).sum()
    }

    /// Adds the iterations of another loop.
    pub fn add(&mut self, other: IterationCounts) {
        self.completed += other.completed;
        self.unfinished += other.unfinished;
        let known = self.steps.len().min(other.steps.len());
        let mut steps = other.steps.into_iter();
        for (own, other) in self.steps.iter_mut().zip(steps.by_ref().take(known)) {
            own.failed_requests += other.failed_requests;
            own.missing_values += other.missing_values;
            own.first_reason = own.first_reason.take().or(other.first_reason);
        }
        self.steps.extend(steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_loops_add_up() {
        let mut first = IterationCounts::new(["login", "order"].into_iter());
        first.completed = 3;
        first.steps[1].failed_requests = 2;
        let mut second = first.clone();
        second.steps[1].missing_values = 1;
        second.steps[1].first_reason = Some("reason".to_owned());
        let mut all = IterationCounts::default();
        all.add(first);
        all.add(second);
        assert_eq!((all.completed, all.failed()), (6, 5));
        let names: Vec<_> = all.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["login", "order"]);
        assert_eq!(all.steps[1].first_reason.as_deref(), Some("reason"));
    }
}
