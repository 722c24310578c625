//! The state, and which function handles which event.

use super::action::{Action, Outgoing, WorkerExit};
use super::event::{Event, Situation};
use super::link::Link;
use super::phase::{AfterRun, WorkerPhase};
use super::timing::Timing;
use crate::exit_status::ExitStatus;
use crate::worker::messages::SpawnJob;
use flagpole_protocol::spec::DurationDisplay;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

/// Warnings about messages that cannot be read, and types that are unknown: a peer could send any number. Of a run's
/// failures there are no more either.
const WARNING_LIMIT: usize = 10;

/// A worker without sockets, clocks and load.
pub(crate) struct WorkerMachine {
    /// Host and port, for errors.
    pub(super) master: String,
    pub(super) timing: Timing,
    pub(super) phase: WorkerPhase,
    pub(super) link: Link,
    /// The timestamp of the last `spawn` of this connection: older ones are stale.
    pub(super) last_spawn: f64,
    /// A `spawn` that came while the run before it was ending.
    pub(super) waiting_spawn: Option<Box<SpawnJob>>,
    pub(super) stop_timeout: Duration,
    pub(super) resets_stats: bool,
    warned: BTreeSet<String>,
    /// What failed in the run.
    pub(super) failures: BTreeSet<String>,
    /// What failed first in any run: the worker ends with it.
    first_failure: Option<String>,
    /// The host and the arguments that the run began with, or that were last seen since.
    pub(super) seen_options: BTreeMap<String, String>,
    pub(super) actions: Vec<Action>,
}

impl WorkerMachine {
    /// A worker that has done nothing yet. Its first event is a [`Tick`](Event::Tick).
    pub(crate) fn new(master: String, timing: Timing) -> WorkerMachine {
        WorkerMachine {
            master,
            timing,
            phase: WorkerPhase::Connecting,
            link: Link::new(),
            last_spawn: 0.0,
            waiting_spawn: None,
            stop_timeout: Duration::ZERO,
            resets_stats: false,
            warned: BTreeSet::new(),
            failures: BTreeSet::new(),
            first_failure: None,
            seen_options: BTreeMap::new(),
            actions: Vec::new(),
        }
    }

    /// Changes the state, and returns the actions to perform, in order.
    pub(crate) fn handle(&mut self, event: Event, situation: Situation) -> Vec<Action> {
        let now = situation.now;
        match event {
            _ if self.phase == WorkerPhase::Ended => {}
            Event::Connected => self.on_connected(now),
            Event::ConnectFailed { cause, is_final } => {
                self.on_connect_failed(now, &cause, is_final);
            }
            Event::Disconnected { cause } => self.on_lost(situation, cause),
            Event::Message(message) if self.link.is_connected => {
                self.on_message(message, situation);
            }
            Event::Message(_) => {}
            Event::Malformed(why) => {
                self.warn_once(format!("the master sent what is no message: {why}"));
            }
            Event::LoadFailed(text) => self.on_load_failed(text),
            Event::UsersReached => {
                if let WorkerPhase::Running { applying: Some(_) } = self.phase {
                    self.report_users();
                }
            }
            Event::LoadStopped => {
                if let WorkerPhase::Stopping { then, .. } = self.phase {
                    self.on_stopped(now, then);
                }
            }
            Event::Interrupted => self.on_interrupted(situation),
            Event::Tick => self.on_tick(situation),
        }
        mem::take(&mut self.actions)
    }

    /// Whether [`UsersReached`](Event::UsersReached) is awaited.
    pub(crate) fn awaits_users(&self) -> bool {
        matches!(self.phase, WorkerPhase::Running { applying: Some(_) })
    }

    /// Whether [`LoadStopped`](Event::LoadStopped) is awaited.
    pub(crate) fn awaits_stop(&self) -> bool {
        matches!(self.phase, WorkerPhase::Stopping { .. })
    }

    fn on_connected(&mut self, now: Duration) {
        if self.phase != WorkerPhase::Connecting || self.link.is_connected {
            return;
        }
        self.link.connected(now);
        self.last_spawn = 0.0;
        self.register(now);
    }

    fn on_connect_failed(&mut self, now: Duration, cause: &str, is_final: bool) {
        if self.phase != WorkerPhase::Connecting || self.link.is_connected {
            return;
        }
        if is_final && !self.link.was_registered {
            let error = format!(
                "cannot connect to a Locust master at {}: {cause}",
                self.master
            );
            self.exit(ExitStatus::CouldNotStart, Some(error));
            return;
        }
        let is_first = self.link.failed(now, cause.to_owned(), &self.timing);
        let give_up_at = self.link.give_up_at(&self.timing);
        if give_up_at.is_some_and(|at| now >= at) {
            self.give_up();
        } else if is_first {
            let limit = DurationDisplay(self.timing.reconnect_timeout);
            self.note(format!(
                "waiting up to {limit} for a Locust master at {} ({cause})",
                self.master
            ));
        }
    }

    /// The master shows it to the user as an exception, and ends with an exit code that is not 0. Each `spawn` of a ramp may
    /// fail in the same way.
    fn on_load_failed(&mut self, text: String) {
        self.first_failure.get_or_insert_with(|| text.clone());
        if self.failures.len() >= WARNING_LIMIT || !self.failures.insert(text.clone()) {
            return;
        }
        self.push(Action::Warn(text.clone()));
        if self.link.is_connected {
            self.send(Outgoing::Exception(text));
        }
    }

    fn on_interrupted(&mut self, situation: Situation) {
        let then = AfterRun::Leave { by_master: false };
        match self.phase {
            WorkerPhase::Connecting if self.link.was_registered => {
                let error = format!("interrupted without the Locust master at {}", self.master);
                self.exit(ExitStatus::Failed, Some(error));
            }
            WorkerPhase::Connecting => self.exit_proven(),
            WorkerPhase::Registering | WorkerPhase::Ready => {
                self.finish_or_confirm(situation, then);
            }
            WorkerPhase::Running { .. } => {
                self.note("the run ends; another signal ends the worker at once".to_owned());
                self.begin_stop(situation.now, then, self.grace());
            }
            WorkerPhase::Stopping {
                then: before,
                deadline,
            } => {
                let then = if is_leaving(before) { before } else { then };
                self.phase = WorkerPhase::Stopping { then, deadline };
            }
            WorkerPhase::Confirming {
                then: before,
                deadline,
            } => {
                let then = if is_leaving(before) { before } else { then };
                self.phase = WorkerPhase::Confirming { then, deadline };
            }
            WorkerPhase::Ended => {}
        }
    }

    /// How long requests in flight may take at a `stop`.
    pub(super) fn grace(&self) -> Duration {
        self.stop_timeout.max(self.timing.least_grace)
    }

    pub(super) fn give_up(&mut self) {
        let cause = self.link.last_failure.clone();
        let cause = cause.unwrap_or_else(|| {
            "the port is open, but `client_ready` is not answered; expected a Locust master"
                .to_owned()
        });
        let limit = DurationDisplay(self.timing.reconnect_timeout);
        let error = format!("no Locust master at {} for {limit}: {cause}", self.master);
        self.push(Action::Close);
        let status = if self.link.was_registered {
            ExitStatus::Failed
        } else {
            ExitStatus::CouldNotStart
        };
        self.exit(status, Some(error));
    }

    /// Ends as the master or a signal wants, with all reports delivered. What did not run is a failure.
    pub(super) fn exit_proven(&mut self) {
        match self.first_failure.take() {
            None => self.exit(ExitStatus::Success, None),
            Some(failure) => self.exit(ExitStatus::Failed, Some(failure)),
        }
    }

    pub(super) fn exit(&mut self, status: ExitStatus, error: Option<String>) {
        self.phase = WorkerPhase::Ended;
        self.push(Action::Exit(WorkerExit { status, error }));
    }

    pub(super) fn push(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(super) fn send(&mut self, message: Outgoing) {
        self.push(Action::Send(message));
    }

    pub(super) fn note(&mut self, line: String) {
        self.push(Action::Note(line));
    }

    pub(super) fn warn_once(&mut self, line: String) {
        if self.warned.len() < WARNING_LIMIT && self.warned.insert(line.clone()) {
            self.push(Action::Warn(line));
        }
    }
}

pub(super) fn is_leaving(then: AfterRun) -> bool {
    matches!(then, AfterRun::Leave { .. })
}
