//! Messages of the master.

use super::action::{Action, Outgoing};
use super::event::Situation;
use super::machine::{WorkerMachine, is_leaving};
use super::phase::{AfterRun, WorkerPhase};
use crate::worker::messages::{MasterMessage, SpawnJob};
use std::time::Duration;

impl WorkerMachine {
    pub(super) fn on_message(&mut self, message: MasterMessage, situation: Situation) {
        match message {
            MasterMessage::Ack { index } => self.on_ack(situation.now, index),
            MasterMessage::Heartbeat => self.link.last_answer = situation.now,
            MasterMessage::Spawn(job) => self.on_spawn(situation.now, job),
            MasterMessage::SpawningComplete => {
                if self.resets_stats && matches!(self.phase, WorkerPhase::Running { .. }) {
                    self.push(Action::ResetStats);
                }
            }
            MasterMessage::Stop => self.on_stop(situation.now),
            MasterMessage::Quit => self.on_quit(situation),
            MasterMessage::Reconnect => self.on_reconnect(situation),
            // Classes are described by the worker's file.
            MasterMessage::UpdateUserClass => {}
            MasterMessage::Unknown(kind) => {
                self.warn_once(format!("ignored a message of the unknown type `{kind}`"));
            }
        }
        if let WorkerPhase::Confirming { then, .. } = self.phase
            && situation.is_proven
        {
            self.finish(situation.now, then);
        }
    }

    fn on_ack(&mut self, now: Duration, index: Option<u64>) {
        let is_new = self.link.searching_since.is_some();
        self.link.registered(now);
        if self.phase != WorkerPhase::Registering {
            return;
        }
        self.phase = WorkerPhase::Ready;
        if is_new {
            let index = index.map_or_else(String::new, |index| {
                format!(
                    " as worker {} (index {index} of Locust)",
                    index.saturating_add(1)
                )
            });
            self.note(format!(
                "connected to the Locust master at {}{index}",
                self.master
            ));
        }
        if let Some(job) = self.waiting_spawn.take() {
            self.apply(now, job);
        }
    }

    fn on_spawn(&mut self, now: Duration, job: Box<SpawnJob>) {
        let is_newer = job.timestamp > self.last_spawn;
        match self.phase {
            WorkerPhase::Registering | WorkerPhase::Ready | WorkerPhase::Running { .. } => {
                // The master sends it to workers that it knows only.
                self.link.registered(now);
                self.send(Outgoing::Spawning);
                if is_newer {
                    self.apply(now, job);
                }
            }
            WorkerPhase::Stopping {
                then: AfterRun::Register,
                ..
            } => {
                self.send(Outgoing::Spawning);
                if is_newer {
                    self.last_spawn = job.timestamp;
                    self.waiting_spawn = Some(job);
                }
            }
            WorkerPhase::Stopping { .. }
            | WorkerPhase::Confirming { .. }
            | WorkerPhase::Connecting
            | WorkerPhase::Ended => {}
        }
    }

    fn on_stop(&mut self, now: Duration) {
        self.waiting_spawn = None;
        match self.phase {
            WorkerPhase::Running { .. } => self.begin_stop(now, AfterRun::Register, self.grace()),
            WorkerPhase::Ready => {
                self.send(Outgoing::Stopped);
                self.register(now);
            }
            // In `Registering` it is the second `stop` of the same run.
            WorkerPhase::Registering
            | WorkerPhase::Stopping { .. }
            | WorkerPhase::Confirming { .. }
            | WorkerPhase::Connecting
            | WorkerPhase::Ended => {}
        }
    }

    fn on_quit(&mut self, situation: Situation) {
        let then = AfterRun::Leave { by_master: true };
        match self.phase {
            WorkerPhase::Registering | WorkerPhase::Ready => {
                self.finish_or_confirm(situation, then);
            }
            WorkerPhase::Running { .. } | WorkerPhase::Stopping { .. } => {
                // The master listens for half a second: a report of what has ended by now arrives in time for certain.
                self.send(Outgoing::Stats);
                self.begin_stop(situation.now, then, self.timing.quit_grace);
            }
            WorkerPhase::Confirming { deadline, .. } => {
                self.phase = WorkerPhase::Confirming { then, deadline }
            }
            WorkerPhase::Connecting | WorkerPhase::Ended => {}
        }
    }

    /// The master could not read a message, and asks for a new connection.
    fn on_reconnect(&mut self, situation: Situation) {
        let then = AfterRun::Reconnect;
        match self.phase {
            WorkerPhase::Registering | WorkerPhase::Ready => {
                self.finish_or_confirm(situation, then);
            }
            WorkerPhase::Running { .. } => {
                let line = "the master asks for a new connection; the run ends here".to_owned();
                self.push(Action::Warn(line));
                self.begin_stop(situation.now, then, self.grace());
            }
            WorkerPhase::Stopping {
                then: before,
                deadline,
            } if !is_leaving(before) => {
                self.phase = WorkerPhase::Stopping { then, deadline };
            }
            WorkerPhase::Stopping { .. }
            | WorkerPhase::Confirming { .. }
            | WorkerPhase::Connecting
            | WorkerPhase::Ended => {}
        }
    }
}
