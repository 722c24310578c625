//! The phases of an attempt.

use crate::comparison::{AttemptView, StrategyResult};

/// What an attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// For the end of the backoff.
    Backoff,
    /// For a concurrency slot.
    Queue,
    /// For its new connection.
    Connect,
    /// For the first byte of the response.
    FirstByte,
    /// For the last byte.
    Body,
    /// The whole time of a request that failed.
    Fault,
}

/// All phases, in the order in which they pass.
pub(super) const PHASES: [Phase; 6] = [
    Phase::Backoff,
    Phase::Queue,
    Phase::Connect,
    Phase::FirstByte,
    Phase::Body,
    Phase::Fault,
];

impl Phase {
    /// The class of its area.
    pub(super) fn class(self) -> &'static str {
        match self {
            Phase::Backoff => "a1",
            Phase::Queue => "a0",
            Phase::Connect => "a2",
            Phase::FirstByte => "a3",
            Phase::Body => "a4",
            Phase::Fault => "a5",
        }
    }

    /// What it is, for the legend.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Phase::Backoff => "backoff",
            Phase::Queue => "queue (due, not started)",
            Phase::Connect => "connect",
            Phase::FirstByte => "wait for the first byte",
            Phase::Body => "body",
            Phase::Fault => "failed request",
        }
    }

    /// Whether the attempt has this phase.
    pub(super) fn is_in(self, attempt: &AttemptView) -> bool {
        segments(attempt).iter().any(|(phase, ..)| *phase == self)
    }

    /// Whether a request or a connection is in flight in it.
    pub(super) fn is_in_flight(self) -> bool {
        !matches!(self, Phase::Backoff | Phase::Queue)
    }

    /// Whether an attempt ended otherwise than with success, a redirect or because another one was faster.
    pub(super) fn has_failed(attempt: &AttemptView) -> bool {
        !["ok", "redirected", "hedge_lost"].contains(&attempt.outcome.as_str())
    }
}

/// The attempts of the median round that were made: those of requests that were never sent are in results of programs.
pub(super) fn made(strategy: &StrategyResult) -> Vec<&AttemptView> {
    let attempts = strategy.median_round_attempts.iter();
    attempts
        .filter(|attempt| attempt.outcome != "unsent")
        .collect()
}

/// The phases of an attempt with their begins and ends in microseconds. Phases without length are left out, but for the last
/// of a failed attempt.
pub(super) fn segments(attempt: &AttemptView) -> Vec<(Phase, u64, u64)> {
    let (due, sent, done) = (
        attempt.due_us,
        attempt.sent_us,
        attempt.done_us.max(attempt.sent_us),
    );
    let started = attempt
        .started_us
        .unwrap_or(sent)
        .clamp(due.min(sent), sent);
    let mut phases = vec![
        (Phase::Backoff, due.saturating_sub(attempt.backoff_us), due),
        (Phase::Queue, due, started),
        (Phase::Connect, started, sent),
    ];
    if Phase::has_failed(attempt) {
        phases.retain(|(_, from, until)| from < until);
        phases.push((Phase::Fault, sent, done));
        return phases;
    }
    let first_byte = attempt.first_byte_us.unwrap_or(done).clamp(sent, done);
    phases.extend([
        (Phase::FirstByte, sent, first_byte),
        (Phase::Body, first_byte, done),
    ]);
    phases.retain(|(_, from, until)| from < until);
    phases
}
