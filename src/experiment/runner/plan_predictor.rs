//! Computes the planned delay and fault of attempts on flagpole's own server that have no `Server-Timing`. A fate (all
//! that will happen to one response) follows from the seed and the request, so it can be computed after the run.

use flagpole_protocol::{AttemptKind, AttemptRecord, ServerTiming};
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::request_info::RequestInfo;
use flagpole_server::{FatePreview, RuleSet, Site};
use std::sync::Arc;
use std::time::Duration;

/// Predicts what a server with a certain listener and seed does.
pub(crate) struct PlanPredictor {
    rules: RuleSet,
    site: Arc<Site>,
    /// Whether a rule applies only between two times. Then fates depend on when the server got the request, which is
    /// not known.
    has_time_windows: bool,
}

impl PlanPredictor {
    /// Fails if the listener is invalid.
    pub(crate) fn new(seed: u64, listener: &Listener) -> anyhow::Result<PlanPredictor> {
        Ok(PlanPredictor {
            rules: RuleSet::new(seed, listener)?,
            site: Site::embedded(),
            has_time_windows: has_time_windows(listener),
        })
    }

    /// Adds the planned timing to a record without timing. The server sends no `Server-Timing` with a response that is
    /// neither delayed nor faulty, and none was received if the attempt ended before the response head.
    pub(crate) fn complete(&self, record: &mut AttemptRecord) {
        let is_unsent = !record.outcome.may_have_arrived();
        complete_undelayed(record);
        if record.timing.is_none() && !self.has_time_windows && !is_unsent {
            record.timing = Some(self.predict(record));
        }
    }

    /// The planned timing of a record, whether it has one or not; `None` if fates depend on the time of a request.
    pub(crate) fn plan(&self, record: &AttemptRecord) -> Option<ServerTiming> {
        (!self.has_time_windows).then(|| self.predict(record))
    }

    fn predict(&self, record: &AttemptRecord) -> ServerTiming {
        let key = record.resource.into();
        let request = RequestInfo::get(&key, record.request_number, Duration::ZERO);
        let fate = self.rules.decide(&request).fate;
        // The `redirect` fault is not injected again into the request for the redirect target.
        if record.kind == AttemptKind::Redirect {
            return ServerTiming {
                planned: fate.delay,
                actual: fate.delay,
                ..ServerTiming::default()
            };
        }
        let preview = FatePreview::new(&self.rules, &self.site, &request);
        // The longest time that a record can hold.
        let endless = ServerTiming::ENDLESS;
        let paced_head = preview.paced_head.unwrap_or(endless);
        let total = preview.duration.unwrap_or(endless);
        ServerTiming {
            planned: fate.delay,
            actual: fate.delay,
            paced_head,
            paced: total.saturating_sub(fate.delay.saturating_add(paced_head)),
            pause_after: preview.pause_after.unwrap_or(endless),
            fault: fate.fault.as_deref().map(str::to_owned),
            ..ServerTiming::default()
        }
    }
}

/// Adds the timing to a response without timing, from a server that reports all delays.
pub(crate) fn complete_undelayed(record: &mut AttemptRecord) {
    if record.status.is_some() {
        record.timing.get_or_insert_default();
    }
}

/// Whether a rule applies only from or until a time.
pub(crate) fn has_time_windows(listener: &Listener) -> bool {
    let mut rules = listener.rules.iter();
    rules.any(|rule| rule.from.is_some() || rule.to.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_protocol::{Outcome, TimeoutKind};
    use flagpole_server::Rule;

    const MS: Duration = Duration::from_millis(1);

    fn completed(listener: &Listener, mut record: AttemptRecord) -> Option<ServerTiming> {
        PlanPredictor::new(0, listener)
            .unwrap()
            .complete(&mut record);
        record.timing
    }

    fn listener(latency: &str, fault: &str) -> Listener {
        let mut listener = Listener::default();
        listener.latency = latency.parse().unwrap();
        listener.faults.push(fault.parse().unwrap());
        listener
    }

    #[test]
    fn attempt_without_head_has_its_planned_delay() {
        let reset = listener("20ms", "reset");
        let timing = completed(&reset, record(Outcome::ConnectionReset, None)).unwrap();
        assert_eq!((timing.planned, timing.paced), (20 * MS, Duration::ZERO));
        assert_eq!(timing.fault.as_deref(), Some("reset"));
    }

    #[test]
    fn pacing_of_head_and_body_and_the_pause_after_are_predicted() {
        let planned = |fault| {
            let timeout = Outcome::Timeout(TimeoutKind::Total, 5 * MS);
            let timing = completed(&listener("20ms", fault), record(timeout, None)).unwrap();
            assert_eq!(timing.planned, 20 * MS);
            [timing.paced_head, timing.paced, timing.pause_after]
        };
        let (zero, endless) = (Duration::ZERO, ServerTiming::ENDLESS);
        assert_eq!(planned("hang"), [endless, zero, zero]);
        assert_eq!(
            planned("hang:50%"),
            [zero, endless.saturating_sub(20 * MS), zero]
        );
        assert_eq!(planned("hang:100%,for=2s"), [zero, zero, 2000 * MS]);
        assert_eq!(planned("hang:100%"), [zero, zero, endless]);
        assert_eq!(planned("slow-head:1s"), [1000 * MS, zero, zero]);
        let [head, body, pause] = planned("trickle:1000");
        assert_eq!([head, pause], [zero; 2]);
        assert!(body > MS * 1000);
    }

    #[test]
    fn response_without_server_timing_was_not_delayed() {
        let timing = completed(&Listener::default(), record(Outcome::Ok, Some(200)));
        assert_eq!(timing, Some(ServerTiming::default()));
    }

    #[test]
    fn unsent_requests_and_time_windows_are_not_predicted() {
        let reset = listener("20ms", "reset");
        assert_eq!(
            completed(&reset, record(Outcome::ConnectionRefused, None)),
            None
        );
        let mut window = reset;
        let rule = Rule::default().between(Duration::ZERO, MS);
        window.rules.push(rule);
        assert_eq!(
            completed(&window, record(Outcome::ConnectionReset, None)),
            None
        );
    }
}
