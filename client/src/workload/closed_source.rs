//! The closed model: a number of users, each of which makes a request when its previous one has ended.

use super::arrivals::connection_stages::ConnectionStages;
use super::arrivals::stages::Stage;
use super::changing_users::ChangingUsers;
use super::iteration_counts::IterationCounts;
use super::presence::Presence;
use super::request_limit::RequestLimit;
use super::scenario::definition::Scenario;
use super::scenario::running::{EndedIteration, RunningIterations};
use super::share::Share;
use super::source::{EndedRequest, FollowedRedirect, RenderedRequest};
use super::source::{RequestSource, SourceAction, SourceRequest, UserChange};
use super::targets::order::TargetSequence;
use super::think_time::ThinkTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

/// How long a user waits whose request cannot be made from the values of a scenario: the next one may be the same.
const PAUSE: Duration = Duration::from_millis(10);

/// Users who make one request after the other. A request is due when the previous one of its user has ended and the user
/// has thought, the first one when a stage opens the user's connection. With a scenario, users make iterations in this
/// way, and the requests of an iteration one after the other.
#[derive(Clone, Debug)]
pub struct ClosedSource {
    presence: Presence,
    targets: TargetSequence,
    share: Share,
    limit: Option<RequestLimit>,
    think: ThinkTime,
    seed: u64,
    iterations: Option<RunningIterations>,
    /// When users are due to begin who have neither a request in flight nor an iteration.
    waiting: BinaryHeap<Reverse<(Duration, usize)>>,
    /// The numbers of what the users of this loop have begun last.
    latest: Vec<u64>,
    begun: u64,
    in_flight: usize,
    /// All requests or iterations of the limit have begun.
    is_exhausted: bool,
    is_stopped: bool,
}

impl ClosedSource {
    /// The share of a loop in a run with these numbers of connections over time.
    pub fn new(stages: &[Stage<u32>], targets: TargetSequence, share: Share) -> ClosedSource {
        let stages = ConnectionStages::new(stages.to_vec());
        let users = (0..u64::from(stages.max())).filter(|user| share.contains(*user));
        let first_due = |user| stages.open_from(user, Duration::ZERO);
        let first_due: Vec<_> = users.map(first_due).collect();
        let users = (0..).zip(&first_due);
        let waiting = users.filter_map(|(user, due)| due.map(|due| Reverse((due, user))));
        ClosedSource {
            waiting: waiting.collect(),
            latest: vec![0; first_due.len()],
            ..ClosedSource::with_presence(Presence::Stages(stages), targets, share)
        }
    }

    /// The share of a loop in a run whose number of users changes while it goes on, by
    /// [`change_users`](RequestSource::change_users). There are none at first, and the run goes on when there are none.
    ///
    /// A user that is taken away ends its request, but begins no further step of a scenario: if it comes back, it begins again from the first step.
    pub fn with_changing_users(targets: TargetSequence, share: Share) -> ClosedSource {
        let presence = Presence::Changing(ChangingUsers::default());
        ClosedSource::with_presence(presence, targets, share)
    }

    fn with_presence(presence: Presence, targets: TargetSequence, share: Share) -> ClosedSource {
        ClosedSource {
            waiting: BinaryHeap::new(),
            latest: Vec::new(),
            presence,
            targets,
            share,
            limit: None,
            think: ThinkTime::default(),
            seed: 0,
            iterations: None,
            begun: 0,
            in_flight: 0,
            is_exhausted: false,
            is_stopped: false,
        }
    }

    /// Ends after this number of requests, or of iterations of a scenario, of all loops.
    pub fn limit(mut self, limit: RequestLimit) -> ClosedSource {
        self.limit = Some(limit);
        self
    }

    /// Users think between the end of a request, or of an iteration, and the next one.
    pub fn think(mut self, think: ThinkTime, seed: u64) -> ClosedSource {
        (self.think, self.seed) = (think, seed);
        self
    }

    /// Users make iterations of a scenario and think between them as it says; think times depend on the seed.
    pub fn scenario(mut self, scenario: Arc<Scenario>, seed: u64) -> ClosedSource {
        (self.think, self.seed) = (scenario.think, seed);
        self.iterations = Some(RunningIterations::new(scenario, seed));
        self
    }

    /// The number of the next request or iteration; `None` if there is none.
    fn take_number(&mut self) -> Option<u64> {
        let number = match &self.limit {
            Some(limit) => limit.take(),
            None => Some(self.own_number()),
        };
        self.begun += 1;
        self.is_exhausted |= number.is_none();
        number
    }

    /// Loops take turns after each pass through the targets, so that each goes through all of them.
    fn own_number(&self) -> u64 {
        let pass = match self.iterations {
            Some(_) => 1,
            None => self.targets.len() as u64,
        };
        let passes = self.begun / pass * self.share.of + self.share.index;
        passes * pass + self.begun % pass
    }

    /// When the next user is due to begin.
    fn next_user(&self) -> Option<Duration> {
        let next = self.waiting.peek().map(|Reverse((due, _))| *due);
        next.filter(|_| !self.is_exhausted)
    }

    /// When the next step of a scenario is due, if it begins.
    fn next_step(&self) -> Option<Duration> {
        let due = self.iterations.as_ref()?.next_due()?;
        (due < self.presence.end()).then_some(due)
    }

    /// Whether a request may follow, after one in flight or after a change of the number of users.
    fn awaits_end(&self) -> bool {
        if self.presence.changing().is_some() {
            return true;
        }
        match &self.iterations {
            Some(iterations) => iterations.in_flight() > 0,
            None => self.in_flight > 0 && !self.is_exhausted,
        }
    }

    /// The number of a user of this loop among those of all loops.
    fn user_number(&self, user: usize) -> u64 {
        user as u64 * self.share.of + self.share.index
    }

    /// Whether a user that waits was taken away.
    fn was_taken_away(&self, user: usize) -> bool {
        let users = self.presence.changing();
        users.is_some_and(|users| !users.is_there(self.user_number(user)))
    }

    /// `None` if the request cannot be made, or if its user was taken away, which ends the iteration.
    fn start_step(&mut self, now: Duration) -> Option<SourceRequest> {
        let owner = self.iterations.as_ref()?.next_owner()?;
        if self.was_taken_away(owner) {
            self.iterations.as_mut()?.drop_next();
            self.wait(owner, now);
            return None;
        }
        let started = self.iterations.as_mut()?.start_next(now)?;
        self.unless_ended(started)
    }

    /// `None` if there is no further request, if it cannot be made, or if its user was taken away.
    fn start_user(&mut self, now: Duration) -> Option<SourceRequest> {
        if let Some(Reverse((due, user))) = self.waiting.peek().copied()
            && self.was_taken_away(user)
        {
            self.waiting.pop();
            self.wait(user, due);
            return None;
        }
        let number = self.take_number()?;
        let Reverse((due, user)) = self.waiting.pop()?;
        self.latest[user] = number;
        if let Some(iterations) = &mut self.iterations {
            let started = iterations.begin(number, user, due, now);
            return self.unless_ended(started);
        }
        self.in_flight += 1;
        Some(SourceRequest {
            number,
            target: self.targets.target(number),
            due: Some(due),
            user,
            rendered: None,
        })
    }

    fn unless_ended(
        &mut self,
        started: Result<SourceRequest, EndedIteration>,
    ) -> Option<SourceRequest> {
        let user_waits = |EndedIteration { owner, at }| self.wait(owner, at.saturating_add(PAUSE));
        started.map_err(user_waits).ok()
    }

    /// A user begins again at `due`, or later if there is no connection then.
    fn wait(&mut self, user: usize, due: Duration) {
        if let Some(due) = self.presence.open_from(self.user_number(user), due) {
            self.waiting.push(Reverse((due, user)));
        } else if let Some(users) = self.presence.changing_mut() {
            users.deactivate(user);
        }
    }

    /// Carries out the changes of the number of users that are due; gives when the next one is.
    fn apply_changes(&mut self, now: Duration) -> Option<Duration> {
        let users = self.presence.changing_mut()?;
        while let Some((at, begin)) = users.apply(now, self.share) {
            let count = users.count_of(self.share);
            self.latest.resize(self.latest.len().max(count), 0);
            let begin = begin.into_iter().map(|user| Reverse((at, user)));
            self.waiting.extend(begin);
        }
        users.next_change()
    }
}

impl RequestSource for ClosedSource {
    fn next(&mut self, now: Duration) -> SourceAction {
        loop {
            if self.is_stopped || now >= self.presence.end() {
                return SourceAction::Finished;
            }
            let next_change = self.apply_changes(now);
            let (next_step, next_user) = (self.next_step(), self.next_user());
            let next = [next_step, next_user, next_change];
            let Some(due) = next.into_iter().flatten().min() else {
                return if self.awaits_end() {
                    SourceAction::Blocked
                } else {
                    SourceAction::Finished
                };
            };
            if due > now {
                return SourceAction::SleepUntil(due);
            }
            let started = if next_step == Some(due) {
                self.start_step(now)
            } else {
                self.start_user(now)
            };
            if let Some(request) = started {
                return SourceAction::Start(request);
            }
        }
    }

    fn on_end(&mut self, ended: &EndedRequest<'_>) {
        let ended = if let Some(iterations) = &mut self.iterations {
            iterations.on_end(ended)
        } else {
            self.in_flight -= 1;
            let (owner, at) = (ended.user, ended.at);
            Some(EndedIteration { owner, at })
        };
        if let Some(EndedIteration { owner, at }) = ended {
            let think = self.think.after(self.seed, self.latest[owner]);
            self.wait(owner, at.saturating_add(think));
        }
    }

    fn stop(&mut self, _now: Duration) {
        self.is_stopped = true;
        if let Some(users) = self.presence.changing_mut() {
            users.stop();
        }
    }

    fn change_users(&mut self, change: UserChange) {
        if let Some(users) = self.presence.changing_mut() {
            users.change(change);
        }
    }

    fn running_users(&self) -> u64 {
        let Some(users) = self.presence.changing() else {
            return 0;
        };
        let count = users.count_of(self.share);
        let waiting = self.waiting.iter().map(|Reverse((_, user))| *user);
        let steps = self
            .iterations
            .iter()
            .flat_map(RunningIterations::waiting_owners);
        let idle = waiting.chain(steps).filter(|user| *user >= count);
        (count + users.active_from(count) - idle.count()) as u64
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
    use crate::workload::arrivals::stages::Stages;
    use crate::workload::targets::order::TargetOrder;
    use flagpole_protocol::Outcome;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn source(stages: &str, share: Share) -> ClosedSource {
        let Ok(Stages::Connections(stages)) = stages.parse() else {
            panic!("{stages}")
        };
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1]);
        ClosedSource::new(&stages, targets, share)
    }

    /// (user, due in ms) of all requests that are due.
    fn due(source: &mut ClosedSource, now: u64) -> Vec<(usize, u128)> {
        let requests = std::iter::from_fn(|| match source.next(ms(now)) {
            SourceAction::Start(request) => Some(request),
            _ => None,
        });
        let plain = |request: SourceRequest| (request.user, request.due.unwrap().as_millis());
        requests.map(plain).collect()
    }

    fn end(source: &mut ClosedSource, user: usize, at: u64) {
        source.on_end(&EndedRequest {
            user,
            at: ms(at),
            outcome: &Outcome::Ok,
            response: None,
        });
    }

    #[test]
    fn next_request_is_due_when_the_previous_one_of_the_user_ended() {
        let mut source = source("10s:2", Share::WHOLE);
        assert_eq!(due(&mut source, 0), [(0, 0), (1, 0)]);
        assert!(matches!(source.next(ms(1)), SourceAction::Blocked));
        end(&mut source, 1, 7);
        assert_eq!(due(&mut source, 8), [(1, 7)]);
        end(&mut source, 0, 9999);
        assert!(matches!(source.next(ms(10_000)), SourceAction::Finished));
    }

    #[test]
    fn users_think_between_requests() {
        let mut source = source("10s:1", Share::WHOLE).think("1s".parse().unwrap(), 7);
        assert_eq!(due(&mut source, 0), [(0, 0)]);
        end(&mut source, 0, 500);
        let action = source.next(ms(500));
        assert!(matches!(action, SourceAction::SleepUntil(until) if until == ms(1500)));
        assert_eq!(due(&mut source, 1500), [(0, 1500)]);
        // The end of the run comes before the next request.
        end(&mut source, 0, 9500);
        assert!(matches!(source.next(ms(9500)), SourceAction::Finished));
    }

    #[test]
    fn stages_open_and_close_users() {
        let mut source = source("2s:0..2,1s:1", Share::WHOLE);
        assert_eq!(due(&mut source, 0), [(0, 0)]);
        let action = source.next(ms(1));
        assert!(matches!(action, SourceAction::SleepUntil(until) if until == ms(1000)));
        assert_eq!(due(&mut source, 1001), [(1, 1000)]);
        end(&mut source, 1, 2000);
        assert_eq!(due(&mut source, 2000), []);
        end(&mut source, 0, 2000);
        assert_eq!(due(&mut source, 2000), [(0, 2000)]);
    }

    #[test]
    fn loops_share_users_and_tickets() {
        let limit = RequestLimit::new(4);
        let share = |index| source("10s:5", Share { index, of: 2 }).limit(limit.clone());
        let [mut first, mut second] = [share(0), share(1)];
        assert_eq!(due(&mut first, 0).len(), 3);
        assert_eq!(due(&mut second, 0).len(), 1);
        for source in [&mut first, &mut second] {
            end(source, 0, 5);
            assert!(matches!(source.next(ms(5)), SourceAction::Finished));
        }
    }

    #[test]
    fn requests_of_all_loops_have_different_numbers() {
        let numbers = |index| {
            let mut source = source("10s:6", Share { index, of: 3 });
            let next = std::iter::repeat_with(move || source.next(ms(0)));
            let started = next.map_while(|action| match action {
                SourceAction::Start(request) => Some(request.number),
                _ => None,
            });
            started.collect::<Vec<_>>()
        };
        let mut all: Vec<_> = (0..3).flat_map(numbers).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn each_loop_goes_through_all_targets() {
        for index in 0..2 {
            let mut source = source("10s:8", Share { index, of: 2 });
            source.targets = TargetSequence::new(TargetOrder::Sequential, 0, [1, 1]);
            let mut targets = [0; 2];
            for _ in 0..4 {
                let SourceAction::Start(request) = source.next(ms(0)) else {
                    panic!()
                };
                targets[request.target] += 1;
            }
            assert_eq!(targets, [2, 2]);
        }
    }

    #[test]
    fn stopped_source_starts_nothing() {
        let mut source = source("10s:2", Share::WHOLE);
        source.stop(ms(0));
        assert!(matches!(source.next(ms(0)), SourceAction::Finished));
    }

    fn changing(share: Share) -> ClosedSource {
        let targets = TargetSequence::new(TargetOrder::Sequential, 0, [1]);
        ClosedSource::with_changing_users(targets, share)
    }

    fn change(source: &mut ClosedSource, at: u64, users: u64) {
        source.change_users(UserChange { at: ms(at), users });
    }

    #[test]
    fn users_come_at_the_time_of_the_change() {
        let mut source = changing(Share::WHOLE);
        assert!(matches!(source.next(ms(0)), SourceAction::Blocked));
        change(&mut source, 10, 2);
        let action = source.next(ms(5));
        assert!(matches!(action, SourceAction::SleepUntil(until) if until == ms(10)));
        assert_eq!(
            (due(&mut source, 12), source.running_users()),
            (vec![(0, 10), (1, 10)], 2)
        );
        change(&mut source, 20, 3);
        end(&mut source, 0, 25);
        assert_eq!(due(&mut source, 30), [(2, 20), (0, 25)]);
    }

    #[test]
    fn user_that_is_taken_away_ends_its_request_and_goes_on_if_it_comes_back() {
        let mut source = changing(Share::WHOLE);
        change(&mut source, 0, 3);
        assert_eq!(due(&mut source, 0).len(), 3);
        change(&mut source, 10, 1);
        assert_eq!((due(&mut source, 10), source.running_users()), (vec![], 3));
        end(&mut source, 2, 15);
        assert_eq!((due(&mut source, 16), source.running_users()), (vec![], 2));
        // User 1 has its request in flight all the time.
        change(&mut source, 20, 3);
        assert_eq!(
            (due(&mut source, 21), source.running_users()),
            (vec![(2, 20)], 3)
        );
        end(&mut source, 1, 22);
        assert_eq!(due(&mut source, 22), [(1, 22)]);
    }

    #[test]
    fn user_that_thinks_is_gone_at_once_and_goes_on_thinking_if_it_comes_back_soon() {
        let mut source = changing(Share::WHOLE).think("1s".parse().unwrap(), 7);
        change(&mut source, 0, 1);
        assert_eq!(due(&mut source, 0), [(0, 0)]);
        end(&mut source, 0, 100);
        change(&mut source, 200, 0);
        assert_eq!((due(&mut source, 200), source.running_users()), (vec![], 0));
        change(&mut source, 300, 1);
        assert_eq!(due(&mut source, 1100), [(0, 1100)]);
        end(&mut source, 0, 1200);
        for (at, users) in [(1300, 0), (3000, 1)] {
            change(&mut source, at, users);
        }
        assert_eq!(due(&mut source, 2500), []);
        assert_eq!(due(&mut source, 3000), [(0, 3000)]);
    }

    #[test]
    fn loops_share_changing_users() {
        let mut sources = [0, 1, 2].map(|index| changing(Share { index, of: 3 }));
        for (at, users) in [(0, 5), (10, 100), (20, 2)] {
            let mut running = 0;
            for source in &mut sources {
                change(source, at, users);
                for (user, _) in due(source, at) {
                    end(source, user, at + 1);
                }
                running += source.running_users();
            }
            assert_eq!(running, users);
        }
    }

    #[test]
    fn stop_takes_all_users_away() {
        let mut source = changing(Share::WHOLE);
        change(&mut source, 0, 2);
        assert_eq!(due(&mut source, 0).len(), 2);
        end(&mut source, 0, 1);
        change(&mut source, 9, 7);
        source.stop(ms(5));
        assert!(matches!(source.next(ms(10)), SourceAction::Finished));
        assert_eq!(source.running_users(), 1);
    }
}
