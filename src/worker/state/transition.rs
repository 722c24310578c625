//! Changes of state that several events cause.

use super::action::{Action, Outgoing};
use super::event::Situation;
use super::machine::WorkerMachine;
use super::phase::{AfterRun, WorkerPhase};
use crate::exit_status::ExitStatus;
use crate::worker::messages::{ARGUMENT_PREFIX, ReportedState, SpawnJob};
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

impl WorkerMachine {
    /// Asks the master for work.
    pub(super) fn register(&mut self, now: Duration) {
        self.phase = WorkerPhase::Registering;
        self.link.ready_at = now + self.timing.ready_again;
        self.send(Outgoing::Ready);
    }

    /// Begins a run, or changes its numbers of users.
    pub(super) fn apply(&mut self, now: Duration, job: Box<SpawnJob>) {
        self.last_spawn = job.timestamp;
        self.stop_timeout = job.stop_timeout;
        self.resets_stats = job.reset_stats;
        let users = job.user_classes_count.clone();
        let options = options(&job);
        if matches!(self.phase, WorkerPhase::Running { .. }) {
            self.warn_of_changes(options);
        } else {
            self.link.report_at = now + self.timing.report;
            self.failures.clear();
            self.seen_options = options;
            self.push(Action::Start(job));
        }
        self.push(Action::SetUsers(users));
        let applying = Some(now + self.timing.apply);
        self.phase = WorkerPhase::Running { applying };
    }

    /// A run keeps what it began with: its log would not say what was requested when.
    fn warn_of_changes(&mut self, options: BTreeMap<String, String>) {
        let before = mem::replace(&mut self.seen_options, options);
        let names: BTreeSet<_> = before.keys().chain(self.seen_options.keys()).collect();
        let changed = names
            .into_iter()
            .filter(|&name| before.get(name) != self.seen_options.get(name));
        let lines: Vec<_> = changed
            .map(|name| format!("{name} changed; it takes effect in the next run"))
            .collect();
        self.actions.extend(lines.into_iter().map(Action::Warn));
    }

    pub(super) fn report_users(&mut self) {
        self.phase = WorkerPhase::Running { applying: None };
        self.send(Outgoing::SpawningComplete);
    }

    pub(super) fn begin_stop(&mut self, now: Duration, then: AfterRun, grace: Duration) {
        self.push(Action::BeginStop(grace));
        let deadline = now + grace + self.timing.overrun;
        self.phase = WorkerPhase::Stopping { then, deadline };
    }

    /// The run has ended.
    pub(super) fn on_stopped(&mut self, now: Duration, then: AfterRun) {
        if !self.link.is_connected {
            self.push(Action::ReportLoss);
            self.finish_unproven(now, then);
            return;
        }
        self.send(Outgoing::Stats);
        self.send(Outgoing::Heartbeat(ReportedState::Running));
        if then == AfterRun::Register {
            // The master waits for a report without users, and for this.
            self.send(Outgoing::Stopped);
            self.register(now);
        } else {
            self.confirm(now, then);
        }
    }

    pub(super) fn confirm(&mut self, now: Duration, then: AfterRun) {
        let deadline = now + self.timing.confirm;
        self.phase = WorkerPhase::Confirming { then, deadline };
    }

    /// Goes on if the master has all reports, else waits for the proof.
    pub(super) fn finish_or_confirm(&mut self, situation: Situation, then: AfterRun) {
        if situation.is_proven {
            self.finish(situation.now, then);
        } else {
            self.send(Outgoing::Heartbeat(ReportedState::Running));
            self.confirm(situation.now, then);
        }
    }

    /// The master has all reports.
    pub(super) fn finish(&mut self, now: Duration, then: AfterRun) {
        match then {
            AfterRun::Register => {}
            AfterRun::Reconnect => {
                // The master forgets the old identity at once.
                self.send(Outgoing::Stopped);
                self.reconnect(now, None);
            }
            AfterRun::Leave { by_master } => {
                self.part(by_master);
                self.exit_proven();
            }
        }
    }

    /// The master may not have all reports, and cannot be asked.
    pub(super) fn finish_unproven(&mut self, now: Duration, then: AfterRun) {
        match then {
            AfterRun::Leave { by_master } => {
                if self.link.is_connected {
                    self.part(by_master);
                }
                self.exit(ExitStatus::Failed, None);
            }
            AfterRun::Register | AfterRun::Reconnect if self.link.is_connected => {
                self.send(Outgoing::Stopped);
                self.reconnect(now, None);
            }
            AfterRun::Register | AfterRun::Reconnect => self.search(now),
        }
    }

    fn part(&mut self, by_master: bool) {
        if !by_master {
            self.send(Outgoing::Quit);
        }
        self.push(Action::Close);
    }

    /// Closes the connection and looks for a master.
    pub(super) fn reconnect(&mut self, now: Duration, cause: Option<String>) {
        self.push(Action::Close);
        self.link.closed(now, cause);
        self.search(now);
    }

    fn search(&mut self, now: Duration) {
        self.phase = WorkerPhase::Connecting;
        self.waiting_spawn = None;
        self.link.attempt_at = Some(now + self.timing.first_delay);
    }

    /// The connection is lost.
    pub(super) fn on_lost(&mut self, situation: Situation, cause: String) {
        if !self.link.is_connected {
            return;
        }
        let now = situation.now;
        self.push(Action::Warn(format!(
            "lost the Locust master at {}: {cause}",
            self.master
        )));
        self.push(Action::Close);
        self.link.closed(now, Some(cause));
        match self.phase {
            WorkerPhase::Running { .. } => self.begin_stop(now, AfterRun::Reconnect, self.grace()),
            WorkerPhase::Stopping { then, deadline } => {
                let then = if then == AfterRun::Register {
                    AfterRun::Reconnect
                } else {
                    then
                };
                self.phase = WorkerPhase::Stopping { then, deadline };
            }
            WorkerPhase::Confirming { then, .. } => {
                self.push(Action::ReportLoss);
                self.finish_unproven(now, then);
            }
            WorkerPhase::Registering
            | WorkerPhase::Ready
            | WorkerPhase::Connecting
            | WorkerPhase::Ended => {
                if !situation.is_proven {
                    self.push(Action::ReportLoss);
                }
                self.search(now);
            }
        }
    }
}

/// The host and the custom arguments of the master, as it names them.
fn options(job: &SpawnJob) -> BTreeMap<String, String> {
    let arguments = job.options.iter();
    let arguments =
        arguments.map(|(name, value)| (format!("{ARGUMENT_PREFIX}{name}"), value.clone()));
    let host = job
        .host
        .iter()
        .map(|host| ("host".to_owned(), host.clone()));
    arguments.chain(host).collect()
}
