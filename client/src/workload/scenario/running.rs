//! All iterations of a loop that are under way.

use super::definition::Scenario;
use super::iteration::{Iteration, StepEnd};
use crate::workload::iteration_counts::IterationCounts;
use crate::workload::source::{EndedRequest, FollowedRedirect, RenderedRequest, SourceRequest};
use slab::Slab;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

/// The iterations of a scenario that have begun and not ended. The users of their requests are their indexes.
#[derive(Clone, Debug)]
pub(crate) struct RunningIterations {
    scenario: Arc<Scenario>,
    seed: u64,
    iterations: Slab<Iteration>,
    /// When the next steps of iterations are due that have no request in flight.
    waiting: BinaryHeap<Reverse<(Duration, usize)>>,
    counts: IterationCounts,
}

/// An iteration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndedIteration {
    /// As given to [`RunningIterations::begin`].
    pub(crate) owner: usize,
    /// With the think time of its last step.
    pub(crate) at: Duration,
}

impl RunningIterations {
    pub(crate) fn new(scenario: Arc<Scenario>, seed: u64) -> RunningIterations {
        RunningIterations {
            counts: IterationCounts::new(scenario.step_names()),
            scenario,
            seed,
            iterations: Slab::new(),
            waiting: BinaryHeap::new(),
        }
    }

    /// Begins an iteration that was due at `due`.
    ///
    /// # Errors
    /// If its first request cannot be made.
    pub(crate) fn begin(
        &mut self,
        number: u64,
        owner: usize,
        due: Duration,
        now: Duration,
    ) -> Result<SourceRequest, EndedIteration> {
        let iteration = Iteration::new(&self.scenario, number, owner);
        let index = self.iterations.insert(iteration);
        self.start(index, due, now)
    }

    /// When the next step is due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.waiting.peek().map(|Reverse((due, _))| *due)
    }

    /// The owner of the iteration whose step is due next.
    pub(crate) fn next_owner(&self) -> Option<usize> {
        let Reverse((_, index)) = self.waiting.peek()?;
        Some(self.iterations[*index].owner)
    }

    /// The owners of the iterations that have no request in flight.
    pub(crate) fn waiting_owners(&self) -> impl Iterator<Item = usize> {
        let waiting = self.waiting.iter();
        waiting.map(|Reverse((_, index))| self.iterations[*index].owner)
    }

    /// Ends the iteration whose step is due next, which stays unfinished.
    pub(crate) fn drop_next(&mut self) {
        if let Some(Reverse((_, index))) = self.waiting.pop() {
            self.iterations.remove(index);
            self.counts.unfinished += 1;
        }
    }

    /// Starts the step that is due next; `None` if no step waits.
    ///
    /// # Errors
    /// If its request cannot be made.
    pub(crate) fn start_next(
        &mut self,
        now: Duration,
    ) -> Option<Result<SourceRequest, EndedIteration>> {
        let Reverse((due, index)) = self.waiting.pop()?;
        Some(self.start(index, due, now))
    }

    fn start(
        &mut self,
        index: usize,
        due: Duration,
        now: Duration,
    ) -> Result<SourceRequest, EndedIteration> {
        let iteration = &mut self.iterations[index];
        let rendered = match iteration.render(&self.scenario, now) {
            Ok(rendered) => rendered,
            Err(reason) => {
                self.count_missing(index, reason);
                return Err(self.remove(index, now));
            }
        };
        Ok(SourceRequest {
            number: iteration.request_number(&self.scenario),
            target: self.scenario.steps[iteration.step].target,
            due: Some(due),
            user: index,
            rendered: rendered.map(Arc::new),
        })
    }

    /// The request of a step is redirected.
    pub(crate) fn on_redirect(
        &mut self,
        redirect: &FollowedRedirect<'_>,
    ) -> Option<Arc<RenderedRequest>> {
        let iteration = &mut self.iterations[redirect.user];
        iteration.follow(&self.scenario, redirect).map(Arc::new)
    }

    /// The request of a step ended; gives the iteration if it ended with it.
    pub(crate) fn on_end(&mut self, ended: &EndedRequest<'_>) -> Option<EndedIteration> {
        let (index, iteration) = (ended.user, &mut self.iterations[ended.user]);
        match iteration.finish_step(&self.scenario, self.seed, ended) {
            StepEnd::NextStep(due) => {
                self.waiting.push(Reverse((due, index)));
                None
            }
            StepEnd::Completed(at) => {
                self.counts.completed += 1;
                Some(self.remove(index, at))
            }
            StepEnd::Failed => {
                self.counts.steps[iteration.step].failed_requests += 1;
                Some(self.remove(index, ended.at))
            }
            StepEnd::MissingValue(reason) => {
                self.count_missing(index, reason);
                Some(self.remove(index, ended.at))
            }
        }
    }

    fn count_missing(&mut self, index: usize, reason: String) {
        let step = &mut self.counts.steps[self.iterations[index].step];
        step.missing_values += 1;
        step.first_reason.get_or_insert(reason);
    }

    fn remove(&mut self, index: usize, at: Duration) -> EndedIteration {
        let owner = self.iterations.remove(index).owner;
        EndedIteration { owner, at }
    }

    /// The number of iterations with a request in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.iterations.len() - self.waiting.len()
    }

    /// Those under way are unfinished, and those that were dropped.
    pub(crate) fn counts(&self) -> IterationCounts {
        let mut counts = self.counts.clone();
        counts.unfinished += self.iterations.len() as u64;
        counts
    }
}
