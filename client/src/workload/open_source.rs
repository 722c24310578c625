//! The open model: requests arrive at their times, whether or not earlier ones have ended.

use super::arrivals::schedule::{Arrival, Arrivals};
use super::arrivals::user_arrivals::UserArrivals;
use super::iteration_counts::IterationCounts;
use super::scenario::definition::Scenario;
use super::scenario::running::RunningIterations;
use super::share::Share;
use super::source::{EndedRequest, FollowedRedirect, RenderedRequest};
use super::source::{RequestSource, SourceAction, SourceRequest, UserChange};
use super::targets::order::TargetSequence;
use std::iter::Peekable;
use std::sync::Arc;
use std::time::Duration;

/// Requests at the times of an arrival process. Those that find no free slot wait, and count from their arrival. With a
/// scenario, an iteration begins at each arrival; its later steps follow when the previous ones have ended.
#[derive(Clone, Debug)]
pub struct OpenSource {
    schedule: Schedule,
    targets: TargetSequence,
    /// How many arrivals all loops have together.
    limit: u64,
    /// The latest time at which an arrival may be due.
    last: Duration,
    /// When later steps of a scenario do not begin any more.
    end: Duration,
    iterations: Option<RunningIterations>,
}

/// What decides when requests arrive.
#[derive(Clone, Debug)]
enum Schedule {
    /// Stages that are known before the run.
    Stages(Peekable<Arrivals>),
    /// Users whose number changes while the run goes on.
    Users(UserSchedule),
}

/// The arrivals of users, and how many there are.
#[derive(Clone, Debug)]
struct UserSchedule {
    arrivals: UserArrivals,
    /// After the latest change.
    users: u64,
    share: Share,
}

impl OpenSource {
    /// The share of a loop in a run.
    pub fn new(arrivals: Arrivals, targets: TargetSequence) -> OpenSource {
        let end = arrivals.end();
        OpenSource::with_schedule(Schedule::Stages(arrivals.peekable()), end, targets)
    }

    /// The share of a loop in a run whose number of users changes while it goes on, by
    /// [`change_users`](RequestSource::change_users). The run goes on when there are none.
    pub fn with_changing_users(
        arrivals: UserArrivals,
        targets: TargetSequence,
        share: Share,
    ) -> OpenSource {
        let users = UserSchedule {
            arrivals,
            users: 0,
            share,
        };
        OpenSource::with_schedule(Schedule::Users(users), Duration::MAX, targets)
    }

    fn with_schedule(schedule: Schedule, end: Duration, targets: TargetSequence) -> OpenSource {
        OpenSource {
            end,
            iterations: None,
            schedule,
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
        let next = match &mut self.schedule {
            Schedule::Stages(arrivals) => arrivals.peek().copied(),
            Schedule::Users(users) => users.arrivals.peek(),
        };
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
        let may_follow = in_flight > 0 || matches!(self.schedule, Schedule::Users(_));
        if may_follow && now < self.end {
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
        let Arrival { number, due } = match &mut self.schedule {
            Schedule::Stages(arrivals) => arrivals.next()?,
            Schedule::Users(users) => users.arrivals.next()?,
        };
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
        if let Schedule::Users(users) = &mut self.schedule {
            users.users = 0;
        }
    }

    fn change_users(&mut self, change: UserChange) {
        if let Schedule::Users(users) = &mut self.schedule {
            users.arrivals.change_users(change);
            users.users = change.users;
        }
    }

    fn running_users(&self) -> u64 {
        match &self.schedule {
            Schedule::Stages(_) => 0,
            Schedule::Users(users) => {
                let count = u32::try_from(users.users).unwrap_or(u32::MAX);
                users.share.part_of(count as usize) as u64
            }
        }
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
    use crate::workload::arrivals::stages::Stage;
    use crate::workload::arrivals::unit_process::ArrivalProcess;
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

    #[test]
    fn rate_follows_the_number_of_users_until_the_stop() {
        let rate = "0.5/s".parse().unwrap();
        let arrivals = UserArrivals::new(rate, ArrivalProcess::Constant, 0, Share::WHOLE);
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1]);
        let mut source = OpenSource::with_changing_users(arrivals, targets, Share::WHOLE);
        let mut count = |at, users, until| {
            source.change_users(UserChange { at: ms(at), users });
            (due(&mut source, ms(until)).len(), source.running_users())
        };
        // 100/s, none, 50/s.
        assert_eq!(count(0, 200, 1000), (100, 200));
        assert_eq!(count(1000, 0, 5000), (0, 0));
        assert_eq!(count(5000, 100, 6000), (50, 100));
        source.stop(ms(7000));
        assert_eq!(due(&mut source, ms(9000)).len(), 50);
        assert!(matches!(source.next(ms(9000)), SourceAction::Finished));
        assert_eq!(source.running_users(), 0);
    }

    #[test]
    fn source_without_users_waits_for_them() {
        let rate = "1/s".parse().unwrap();
        let arrivals = UserArrivals::new(rate, ArrivalProcess::Poisson, 0, Share::WHOLE);
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1]);
        let mut source = OpenSource::with_changing_users(arrivals, targets, Share::WHOLE);
        assert!(matches!(source.next(ms(0)), SourceAction::Blocked));
        source.change_users(UserChange {
            at: ms(5),
            users: 1,
        });
        let action = source.next(ms(0));
        assert!(matches!(action, SourceAction::SleepUntil(until) if until > ms(5)));
    }
}
