//! Which reports the master has for certain.
//!
//! A message that is sent may never arrive: it is only queued. The master reads the messages of a worker in order, and
//! answers heartbeats (`heartbeat`) and `client_ready` (`ack`), so an answer proves that everything before has arrived. It
//! does not answer heartbeats of a worker that it does not know, before `client_ready` and after `client_stopped`.

use std::collections::VecDeque;

/// What was sent on a connection and is not proven to have arrived, in order.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pending: VecDeque<Pending>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pending {
    Ready,
    Heartbeat,
    Report { requests: u64 },
}

impl Deliveries {
    pub(crate) fn ready_sent(&mut self) {
        self.pending.push_back(Pending::Ready);
    }

    pub(crate) fn heartbeat_sent(&mut self) {
        self.pending.push_back(Pending::Heartbeat);
    }

    pub(crate) fn report_sent(&mut self, requests: u64) {
        self.pending.push_back(Pending::Report { requests });
    }

    /// An `ack` came: it answers the first `client_ready` that has no answer.
    pub(crate) fn acked(&mut self) {
        self.remove_through(Pending::Ready);
    }

    /// A heartbeat came back: the first that has not yet.
    pub(crate) fn echoed(&mut self) {
        self.remove_through(Pending::Heartbeat);
    }

    /// Whether all reports have arrived.
    pub(crate) fn is_proven(&self) -> bool {
        let is_report = |pending: &Pending| matches!(pending, Pending::Report { .. });
        !self.pending.iter().any(is_report)
    }

    /// The requests of reports that may not have arrived.
    pub(crate) fn unproven_requests(&self) -> u64 {
        let requests = self.pending.iter().map(|pending| match pending {
            Pending::Report { requests } => *requests,
            Pending::Ready | Pending::Heartbeat => 0,
        });
        requests.sum()
    }

    fn remove_through(&mut self, answered: Pending) {
        if let Some(at) = self.pending.iter().position(|&one| one == answered) {
            self.pending.drain(..=at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_proven_by_the_echo_of_a_heartbeat_after_it() {
        let mut deliveries = Deliveries::default();
        deliveries.heartbeat_sent();
        deliveries.report_sent(7);
        deliveries.heartbeat_sent();
        deliveries.echoed();
        assert_eq!(
            (deliveries.is_proven(), deliveries.unproven_requests()),
            (false, 7)
        );
        deliveries.echoed();
        assert_eq!(
            (deliveries.is_proven(), deliveries.unproven_requests()),
            (true, 0)
        );
    }

    #[test]
    fn heartbeats_before_the_worker_is_known_are_not_waited_for() {
        let mut deliveries = Deliveries::default();
        deliveries.heartbeat_sent();
        deliveries.ready_sent();
        deliveries.acked();
        deliveries.report_sent(1);
        deliveries.heartbeat_sent();
        deliveries.echoed();
        assert!(deliveries.is_proven());
    }

    #[test]
    fn an_ack_proves_reports_before_its_registration_only() {
        let mut deliveries = Deliveries::default();
        deliveries.report_sent(1);
        deliveries.ready_sent();
        deliveries.report_sent(2);
        deliveries.ready_sent();
        deliveries.acked();
        assert_eq!(deliveries.unproven_requests(), 2);
        deliveries.acked();
        assert!(deliveries.is_proven());
    }

    #[test]
    fn answers_without_a_question_prove_nothing() {
        let mut deliveries = Deliveries::default();
        deliveries.report_sent(1);
        deliveries.echoed();
        deliveries.acked();
        assert!(!deliveries.is_proven());
    }
}
