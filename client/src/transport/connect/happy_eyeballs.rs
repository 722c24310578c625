//! Decides when which address is tried (RFC 8305 section 5). It has no clock and no socket: times count from when
//! connecting began, and attempts are numbered in the order in which they start, from 0.

use crate::transport::errors::connect_failed;
use flagpole_protocol::{ConnectFailureCause, Outcome, TimeoutKind};
use smallvec::SmallVec;
use std::{io, time::Duration};

/// The recommended Connection Attempt Delay.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The attempts to connect to one of several addresses.
#[derive(Debug)]
pub(super) struct HappyEyeballs {
    /// The number of addresses.
    addresses: usize,
    /// The time limit of each attempt.
    limit: Option<Duration>,
    /// The number of attempts that have started.
    started: usize,
    /// When the next attempt starts.
    next_start: Duration,
    in_progress: SmallVec<[ConnectAttempt; 1]>,
    /// The failure that is reported if all attempts fail.
    failure: Option<Outcome>,
}

#[derive(Debug)]
struct ConnectAttempt {
    number: usize,
    /// `None`: the system gives up.
    gives_up_at: Option<Duration>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ConnectAction {
    /// Start the attempt with this number.
    Start(usize),
    /// Close the socket of the attempt with this number.
    GiveUp(usize),
    /// Wait until an attempt ends, or until this time.
    Wait(Option<Duration>),
    /// All attempts have failed.
    Fail(Outcome),
}

impl HappyEyeballs {
    pub(super) fn new(addresses: usize, limit: Option<Duration>) -> HappyEyeballs {
        HappyEyeballs {
            addresses,
            limit,
            started: 0,
            next_start: Duration::ZERO,
            in_progress: SmallVec::new(),
            failure: None,
        }
    }

    /// The next action. The caller carries it out and asks again, but waits after `Wait` and stops after `Fail`.
    pub(super) fn next(&mut self, now: Duration) -> ConnectAction {
        let is_over = |attempt: &ConnectAttempt| attempt.gives_up_at.is_some_and(|end| end <= now);
        if let Some(index) = self.in_progress.iter().position(is_over) {
            let limit = self.limit.unwrap_or_default();
            self.on_failure(Outcome::Timeout(TimeoutKind::Connect, limit), now);
            return ConnectAction::GiveUp(self.in_progress.remove(index).number);
        }
        let has_next = self.started < self.addresses;
        if has_next && self.next_start <= now {
            return self.start(now);
        }
        if self.in_progress.is_empty() {
            return ConnectAction::Fail(self.reported_failure());
        }
        let ends = self
            .in_progress
            .iter()
            .filter_map(|attempt| attempt.gives_up_at);
        ConnectAction::Wait(ends.chain(has_next.then_some(self.next_start)).min())
    }

    /// The attempt with this number has failed.
    pub(super) fn on_error(&mut self, number: usize, error: &io::Error, now: Duration) {
        self.in_progress.retain(|attempt| attempt.number != number);
        self.on_failure(connect_failed(error), now);
    }

    fn start(&mut self, now: Duration) -> ConnectAction {
        let number = self.started;
        self.started += 1;
        self.next_start = now + ATTEMPT_DELAY;
        self.in_progress.push(ConnectAttempt {
            number,
            gives_up_at: self.limit.and_then(|limit| now.checked_add(limit)),
        });
        ConnectAction::Start(number)
    }

    fn on_failure(&mut self, outcome: Outcome, now: Duration) {
        self.next_start = self.next_start.min(now);
        let is_reported = |known: &Outcome| information(known) <= information(&outcome);
        if self.failure.as_ref().is_none_or(is_reported) {
            self.failure = Some(outcome);
        }
    }

    fn reported_failure(&self) -> Outcome {
        match self.failure.clone() {
            Some(Outcome::ConnectFailed { cause, message }) if self.addresses > 1 => {
                Outcome::ConnectFailed {
                    cause,
                    message: format!("{message}; {} addresses were tried", self.addresses),
                }
            }
            Some(failure) => failure,
            None => connect_failed(&io::ErrorKind::AddrNotAvailable.into()),
        }
    }
}

/// How much a failure says about what to do: this machine lacks a resource; the host is up, but does not listen; the host does
/// not answer; this machine has no route, which is common for one of the two families. Of equal failures the last one is reported.
fn information(failure: &Outcome) -> u8 {
    match failure {
        Outcome::ConnectFailed { cause, .. } if *cause != ConnectFailureCause::Other => 3,
        Outcome::ConnectionRefused | Outcome::ConnectionReset => 2,
        Outcome::Timeout(..) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
