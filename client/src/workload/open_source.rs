//! The open model: requests arrive at their times, whether or not earlier ones have ended.

use super::arrivals::schedule::{Arrival, Arrivals};
use super::iteration_counts::IterationCounts;
use super::scenario::definition::Scenario;
use super::scenario::running::RunningIterations;
use super::source::{EndedRequest, FollowedRedirect, RenderedRequest};
use super::source::{RequestSource, SourceAction, SourceRequest};
use super::targets::order::TargetSequence;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

/// Requests at the times of an arrival process. Those that find no free slot wait, and count from their arrival. With a
/// scenario, an iteration begins at each arrival; its later steps follow when the previous ones have ended.
#[derive(Clone, Debug)]
pub struct OpenSource {
    arrivals: Peekable<Arrivals>,
    targets: TargetSequence,
    /// How many arrivals all loops have together.
    limit: u64,
    /// The latest time at which an arrival may be due.
    last: Duration,
    /// When later steps of a scenario do not begin any more.
    end: Duration,
    iterations: Option<RunningIterations>,
}

impl OpenSource {
    /// The share of a loop in a run.
    pub fn new(arrivals: Arrivals, targets: TargetSequence) -> OpenSource {
        OpenSource {
            end: arrivals.end(),
            iterations: None,
            arrivals: arrivals.peekable(),
            targets,
            limit: u64::MAX,
            last: Duration::MAX,
        }
    }

    /// Arrivals begin iterations of a scenario, whose think times depend on the seed.
    pub fn scenario(mut self, scenario: Arc<Scenario>, seed: u64) -> OpenSource {
        self.iterations = Some(RunningIterations::new(scenario, seed));
        self
    }

    /// Ends after this number of arrivals of all loops.
    pub fn limit(mut self, count: u64) -> OpenSource {
        self.limit = count;
        self
    }

    fn next_arrival(&mut self) -> Option<Arrival> {
        let (limit, last) = (self.limit, self.last);
        let next = self.arrivals.peek().copied();
        next.filter(|arrival| arrival.number < limit && arrival.due <= last)
    }

    /// When the next step of a scenario is due, if it begins.
    fn next_step(&self, now: Duration) -> Option<Duration> {
        let due = self.iterations.as_ref()?.next_due()?;
        (due < self.end && now < self.end).then_some(due)
    }

    /// Neither an arrival nor a step is due at any known time.
    fn without_next(&self, now: Duration) -> SourceAction {
        let in_flight = (self.iterations.as_ref()).map_or(0, RunningIterations::in_flight);
        if in_flight > 0 && now < self.end {
            SourceAction::Blocked
        } else {
            SourceAction::Finished
        }
    }

    /// `None` if the request cannot be made, which ends the iteration.
    fn start_step(&mut self, now: Duration) -> Option<SourceRequest> {
        self.iterations.as_mut()?.start_next(now)?.ok()
    }

    /// `None` if the request cannot be made, which ends the iteration.
    fn start_arrival(&mut self, now: Duration) -> Option<SourceRequest> {
        let Arrival { number, due } = self.arrivals.next()?;
        if let Some(iterations) = &mut self.iterations {
            return iterations.begin(number, 0, due, now).ok();
        }
        Some(SourceRequest {
            number,
            target: self.targets.target(number),
            due: Some(due),
            user: 0,
            rendered: None,
        })
    }
}

impl RequestSource for OpenSource {
    fn next(&mut self, now: Duration) -> SourceAction {
        loop {
            let next_step = self.next_step(now);
            let next_arrival = self.next_arrival();
            let Some(due) = next_step
                .into_iter()
                .chain(next_arrival.map(|next| next.due))
                .min()
            else {
                return self.without_next(now);
            };
            if due > now {
                return SourceAction::SleepUntil(due);
            }
            let started = if next_step == Some(due) {
                self.start_step(now)
            } else {
                self.start_arrival(now)
            };
            if let Some(request) = started {
                return SourceAction::Start(request);
            }
        }
    }

    fn on_end(&mut self, ended: &EndedRequest<'_>) {
        if let Some(iterations) = &mut self.iterations {
            iterations.on_end(ended);
        }
    }

    fn stop(&mut self, now: Duration) {
        self.last = self.last.min(now);
        self.end = self.end.min(now);
    }

    fn is_independent(&self) -> bool {
        self.iterations.is_none()
    }

    fn on_redirect(&mut self, redirect: &FollowedRedirect<'_>) -> Option<Arc<RenderedRequest>> {
        self.iterations.as_mut()?.on_redirect(redirect)
    }

    fn iterations(&self) -> Option<IterationCounts> {
        self.iterations.as_ref().map(RunningIterations::counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::arrivals::schedule::ArrivalProcess;
    use crate::workload::arrivals::stages::Stage;
    use crate::workload::share::Share;
    use crate::workload::targets::order::TargetOrder;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// 100 requests per second during a second, over two targets.
    fn source(share: Share) -> OpenSource {
        let stage = Stage::constant("100/s".parse().unwrap(), Some(ms(1000)));
        let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 0, share);
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1, 1]);
        OpenSource::new(arrivals, targets)
    }

    /// (number, target, due in ms) of all requests that are due.
    fn due(source: &mut OpenSource, now: Duration) -> Vec<(u64, usize, u128)> {
        let requests = std::iter::from_fn(|| match source.next(now) {
            SourceAction::Start(request) => Some(request),
            _ => None,
        });
        let plain = |request: SourceRequest| {
            let due = request.due.unwrap().as_millis();
            (request.number, request.target, due)
        };
        requests.map(plain).collect()
    }

    #[test]
    fn requests_are_given_out_when_they_are_due() {
        let mut source = source(Share::WHOLE);
        assert_eq!(due(&mut source, ms(0)), [(0, 0, 0)]);
        let action = source.next(ms(1));
        assert!(matches!(action, SourceAction::SleepUntil(until) if until == ms(10)));
        assert_eq!(due(&mut source, ms(25)), [(1, 1, 10), (2, 0, 20)]);
        assert_eq!(due(&mut source, ms(5000)).len(), 97);
        assert!(matches!(source.next(ms(5000)), SourceAction::Finished));
    }

    #[test]
    fn loops_share_the_requests_and_their_limit() {
        let mut all: Vec<_> = (0..2)
            .flat_map(|index| due(&mut source(Share { index, of: 2 }).limit(5), ms(1000)))
            .collect();
        all.sort_unstable();
        let expected = [(0, 0, 0), (1, 1, 10), (2, 0, 20), (3, 1, 30), (4, 0, 40)];
        assert_eq!(all, expected);
    }

    #[test]
    fn stop_gives_out_what_was_due_and_nothing_else() {
        let mut source = source(Share::WHOLE);
        source.stop(ms(20));
        assert_eq!(due(&mut source, ms(500)).len(), 3);
        assert!(matches!(source.next(ms(500)), SourceAction::Finished));
    }
}
