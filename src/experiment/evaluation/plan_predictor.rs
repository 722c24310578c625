//! What our own server planned for attempts to which it had no chance to say so: fates are known beforehand.

use flagpole_protocol::ServerTiming;
use flagpole_protocol::TimeoutKind;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome};
use flagpole_protocol::{Offset, Pace};
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, RuleSet, Site};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// The fates of a server, as its clients are to have met them.
pub(crate) struct PlanPredictor {
    rulebook: RuleSet,
    site: Arc<Site>,
    /// Whether the clock has no part in them: a rule may be a window of time.
    is_certain: bool,
}

impl PlanPredictor {
    /// Those of a server that does what this listener does.
    pub(crate) fn of(seed: u64, listener: &Listener) -> anyhow::Result<PlanPredictor> {
        let mut rules = listener.rules.iter();
        Ok(PlanPredictor {
            rulebook: RuleSet::new(seed, listener)?,
            site: Site::embedded(),
            is_certain: rules.all(|rule| rule.from.is_none() && rule.to.is_none()),
        })
    }

    /// Adds what was planned to a record that does not tell. A server of ours says nothing of an answer that
    /// it neither delays nor strikes, and can say nothing where no head arrives.
    pub(crate) fn complete(&self, record: &mut AttemptRecord) {
        let never_asked = matches!(
            record.outcome,
            Outcome::ConnectionRefused
                | Outcome::ConnectFailed { .. }
                | Outcome::Timeout(TimeoutKind::Connect, _)
        );
        record.timing = match record.timing.take() {
            None if record.status.is_some() => Some(ServerTiming::default()),
            None if self.is_certain && !never_asked => Some(self.timing(record)),
            told => told,
        };
    }

    fn timing(&self, record: &AttemptRecord) -> ServerTiming {
        let asked = RequestInfo {
            method: &Method::GET,
            key: &record.resource.into(),
            request_number: record.request_number,
            elapsed: Duration::ZERO,
        };
        let fate = self.rulebook.decide(&asked).fate;
        let delayed = ServerTiming {
            planned: fate.delay,
            actual: fate.delay,
            ..ServerTiming::default()
        };
        // A hop of a chain of redirects is delayed and not struck anew.
        if record.kind == AttemptKind::Redirect {
            return delayed;
        }
        let lasts = FatePreview::new(&self.rulebook, &self.site, &asked).duration;
        let paced = lasts.unwrap_or(Duration::MAX).saturating_sub(fate.delay);
        // What is paced is the head: then that is how long it is to be waited for.
        let (to_the_head, paced) = match fate.pace {
            Pace::SlowHead(_) | Pace::Pause(Offset::BeforeHead, _) => (paced, Duration::ZERO),
            Pace::AtOnce | Pace::Rate(_) | Pace::Slices(..) | Pace::Pause(..) => {
                (Duration::ZERO, paced)
            }
        };
        let planned = fate.delay + to_the_head;
        ServerTiming {
            planned,
            actual: planned,
            paced,
            fault: fate.fault.as_deref().map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_server::Rule;

    const MS: Duration = Duration::from_millis(1);

    fn completed(listener: &Listener, mut record: AttemptRecord) -> Option<ServerTiming> {
        PlanPredictor::of(0, listener)
            .unwrap()
            .complete(&mut record);
        record.timing
    }

    fn listener(latency: &str, fault: &str) -> Listener {
        Listener {
            latency: latency.parse().unwrap(),
            faults: vec![fault.parse().unwrap()],
            ..Listener::default()
        }
    }

    #[test]
    fn an_attempt_without_a_head_was_planned_all_the_same() {
        let reset = listener("20ms", "reset");
        let timing = completed(&reset, record(Outcome::ConnectionReset, None)).unwrap();
        assert_eq!((timing.planned, timing.paced), (20 * MS, Duration::ZERO));
        assert_eq!(timing.fault.as_deref(), Some("reset"));
    }

    #[test]
    fn what_is_slow_before_the_head_is_told_from_what_is_slow_behind_it() {
        let planned = |fault| {
            let timeout = Outcome::Timeout(TimeoutKind::Total, 5 * MS);
            let timing = completed(&listener("20ms", fault), record(timeout, None)).unwrap();
            (timing.planned, timing.paced)
        };
        let for_ever = Duration::MAX;
        assert_eq!(planned("hang"), (for_ever, Duration::ZERO));
        assert_eq!(
            planned("hang:50%"),
            (20 * MS, for_ever.saturating_sub(20 * MS))
        );
        assert_eq!(planned("slow-head:1s"), (1020 * MS, Duration::ZERO));
        let (delay, paced) = planned("trickle:1000");
        assert_eq!(delay, 20 * MS);
        assert!(paced > MS * 1000);
    }

    #[test]
    fn an_answer_that_says_nothing_was_not_delayed() {
        let timing = completed(&Listener::default(), record(Outcome::Ok, Some(200)));
        assert_eq!(timing, Some(ServerTiming::default()));
    }

    #[test]
    fn what_never_asked_and_what_the_clock_decides_is_not_foretold() {
        let reset = listener("20ms", "reset");
        assert_eq!(
            completed(&reset, record(Outcome::ConnectionRefused, None)),
            None
        );
        let window = Listener {
            rules: vec![Rule::default().between(Duration::ZERO, MS)],
            ..reset
        };
        assert_eq!(
            completed(&window, record(Outcome::ConnectionReset, None)),
            None
        );
    }
}
