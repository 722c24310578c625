//! The open model: requests arrive at their times, whether or not earlier ones have ended.

use super::arrivals::schedule::{Arrival, Arrivals};
use super::source::{EndedRequest, RequestSource, SourceAction, SourceRequest};
use super::targets::order::TargetSequence;
use std::iter::Peekable;
use std::time::Duration;

/// Requests at the times of an arrival process. Those that find no free slot wait, and count from their arrival.
#[derive(Clone, Debug)]
pub struct OpenSource {
    arrivals: Peekable<Arrivals>,
    targets: TargetSequence,
    /// How many arrivals all loops have together.
    limit: u64,
    /// The latest time at which an arrival may be due.
    last: Duration,
}

impl OpenSource {
    /// The share of a loop in a run.
    pub fn new(arrivals: Arrivals, targets: TargetSequence) -> OpenSource {
        OpenSource {
            arrivals: arrivals.peekable(),
            targets,
            limit: u64::MAX,
            last: Duration::MAX,
        }
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
}

impl RequestSource for OpenSource {
    fn next(&mut self, now: Duration) -> SourceAction {
        let Some(Arrival { number, due }) = self.next_arrival() else {
            return SourceAction::Finished;
        };
        if due > now {
            return SourceAction::SleepUntil(due);
        }
        self.arrivals.next();
        SourceAction::Start(SourceRequest {
            number,
            target: self.targets.target(number),
            due: Some(due),
            user: 0,
            rendered: None,
        })
    }

    fn on_end(&mut self, _ended: &EndedRequest<'_>) {}

    fn stop(&mut self, now: Duration) {
        self.last = self.last.min(now);
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
