//! The closed model: a number of users, each of which makes a request when its previous one has ended.

use super::arrivals::connection_stages::ConnectionStages;
use super::arrivals::stages::Stage;
use super::request_limit::RequestLimit;
use super::share::Share;
use super::source::{EndedRequest, RequestSource, SourceAction, SourceRequest};
use super::targets::order::TargetSequence;
use super::think_time::ThinkTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Users who make one request after the other. A request is due when the previous one of its user has ended and the user
/// has thought, the first one when a stage opens the user's connection.
#[derive(Clone, Debug)]
pub struct ClosedSource {
    stages: ConnectionStages,
    targets: TargetSequence,
    share: Share,
    limit: Option<RequestLimit>,
    think: ThinkTime,
    seed: u64,
    /// When the next requests of users are due who have none in flight.
    waiting: BinaryHeap<Reverse<(Duration, usize)>>,
    /// The numbers of the latest requests of all users of this loop.
    latest: Vec<u64>,
    started: u64,
    in_flight: usize,
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
            stages,
            targets,
            share,
            limit: None,
            think: ThinkTime::default(),
            seed: 0,
            started: 0,
            in_flight: 0,
            is_stopped: false,
        }
    }

    /// Ends after this number of requests of all loops.
    pub fn limit(mut self, limit: RequestLimit) -> ClosedSource {
        self.limit = Some(limit);
        self
    }

    /// Users think between the end of a request and the next one.
    pub fn think(mut self, think: ThinkTime, seed: u64) -> ClosedSource {
        (self.think, self.seed) = (think, seed);
        self
    }

    /// The number of the next request; `None` if there is none.
    fn take_number(&mut self) -> Option<u64> {
        let number = match &self.limit {
            Some(limit) => limit.take(),
            None => Some(self.started * self.share.of + self.share.index),
        };
        self.started += 1;
        self.is_stopped |= number.is_none();
        number
    }

    /// The number of a user of this loop among those of all loops.
    fn number_of(&self, user: usize) -> u64 {
        user as u64 * self.share.of + self.share.index
    }
}

impl RequestSource for ClosedSource {
    fn next(&mut self, now: Duration) -> SourceAction {
        if self.is_stopped || now >= self.stages.end() {
            return SourceAction::Finished;
        }
        let Some(&Reverse((due, user))) = self.waiting.peek() else {
            return match self.in_flight {
                0 => SourceAction::Finished,
                _ => SourceAction::Blocked,
            };
        };
        if due > now {
            return SourceAction::SleepUntil(due);
        }
        let Some(number) = self.take_number() else {
            return SourceAction::Finished;
        };
        self.waiting.pop();
        self.latest[user] = number;
        self.in_flight += 1;
        SourceAction::Start(SourceRequest {
            number,
            target: self.targets.target(number),
            due: Some(due),
            user,
            rendered: None,
        })
    }

    fn on_end(&mut self, ended: &EndedRequest<'_>) {
        self.in_flight -= 1;
        let think = self.think.after(self.seed, self.latest[ended.user]);
        let due = ended.at.saturating_add(think);
        if let Some(due) = self.stages.open_from(self.number_of(ended.user), due) {
            self.waiting.push(Reverse((due, ended.user)));
        }
    }

    fn stop(&mut self, _now: Duration) {
        self.is_stopped = true;
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
    fn stopped_source_starts_nothing() {
        let mut source = source("10s:2", Share::WHOLE);
        source.stop(ms(0));
        assert!(matches!(source.next(ms(0)), SourceAction::Finished));
    }
}
