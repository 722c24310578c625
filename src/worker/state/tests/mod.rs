//! The state machine in virtual time.

mod scenarios;
mod table;

use super::*;
use crate::exit_status::ExitStatus;
use crate::worker::messages::{MasterMessage, SpawnJob};
use std::collections::BTreeMap;
use std::time::Duration;

/// A machine with a clock. What it does is written as text, one word an action.
pub(super) struct Worker {
    machine: WorkerMachine,
    now: Duration,
    is_proven: bool,
}

impl Worker {
    pub(super) fn new() -> Worker {
        let mut worker = Worker {
            machine: WorkerMachine::new("master:5557".to_owned(), Timing::default()),
            now: Duration::ZERO,
            is_proven: true,
        };
        assert_eq!(worker.tick(0.0), "connect");
        worker
    }

    pub(super) fn registering() -> Worker {
        let mut worker = Worker::new();
        worker.event(Event::Connected);
        worker.tick(0.0);
        worker
    }

    pub(super) fn ready() -> Worker {
        let mut worker = Worker::registering();
        worker.message(ack());
        worker
    }

    pub(super) fn running() -> Worker {
        let mut worker = Worker::ready();
        worker.message(spawn(10.0, 4));
        worker.event(Event::UsersReached);
        worker
    }

    pub(super) fn stopping() -> Worker {
        let mut worker = Worker::running();
        worker.message(MasterMessage::Stop);
        worker
    }

    /// Reports are sent that the master may not have.
    pub(super) fn unproven(mut self) -> Worker {
        self.is_proven = false;
        self
    }

    pub(super) fn proven(mut self) -> Worker {
        self.is_proven = true;
        self
    }

    pub(super) fn event(&mut self, event: Event) -> String {
        let actions = self.actions(event);
        actions.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn actions(&mut self, event: Event) -> Vec<Action> {
        let situation = Situation {
            now: self.now,
            is_proven: self.is_proven,
        };
        self.machine.handle(event, situation)
    }

    pub(super) fn message(&mut self, message: MasterMessage) -> String {
        self.event(Event::Message(message))
    }

    /// Time passes.
    pub(super) fn tick(&mut self, seconds: f64) -> String {
        self.now += Duration::from_secs_f64(seconds);
        self.event(Event::Tick)
    }

    /// Time passes in steps of a second, with answered heartbeats; what is done but for heartbeats.
    pub(super) fn wait(&mut self, seconds: u32) -> String {
        let mut done = Vec::new();
        for _ in 0..seconds {
            done.push(self.tick(1.0));
            done.push(self.message(MasterMessage::Heartbeat));
        }
        let words = done.iter().flat_map(|words| words.split_whitespace());
        words
            .filter(|word| !word.starts_with("heartbeat"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(super) fn phase(&self) -> String {
        let link = if self.machine.link.is_connected {
            ""
        } else {
            " (not connected)"
        };
        let phase = format!("{:?}", self.machine.phase);
        format!("{}{link}", phase.replace("Some(", "").replace("s)", "s"))
    }
}

pub(super) fn ack() -> MasterMessage {
    MasterMessage::Ack { index: Some(0) }
}

pub(super) fn spawn(timestamp: f64, users: u64) -> MasterMessage {
    MasterMessage::Spawn(Box::new(SpawnJob {
        timestamp,
        user_classes_count: BTreeMap::from([("Reader".to_owned(), users)]),
        stop_timeout: Duration::from_secs(2),
        ..SpawnJob::default()
    }))
}

pub(super) fn lost() -> Event {
    Event::Disconnected {
        cause: "the connection was closed".to_owned(),
    }
}

pub(super) fn refused() -> Event {
    Event::ConnectFailed {
        cause: "connection refused".to_owned(),
        is_final: false,
    }
}

fn word(action: &Action) -> String {
    match action {
        Action::Connect => "connect".to_owned(),
        Action::Close => "close".to_owned(),
        Action::Send(Outgoing::Ready) => "client_ready".to_owned(),
        Action::Send(Outgoing::Spawning) => "spawning".to_owned(),
        Action::Send(Outgoing::SpawningComplete) => "spawning_complete".to_owned(),
        Action::Send(Outgoing::Stats) => "stats".to_owned(),
        Action::Send(Outgoing::Heartbeat(state)) => format!("heartbeat:{state:?}"),
        Action::Send(Outgoing::Stopped) => "client_stopped".to_owned(),
        Action::Send(Outgoing::Quit) => "quit".to_owned(),
        Action::Send(Outgoing::Exception(_)) => "exception".to_owned(),
        Action::Start(_) => "START".to_owned(),
        Action::SetUsers(users) => format!("USERS:{}", users.values().sum::<u64>()),
        Action::BeginStop(grace) => format!("STOP:{grace:?}"),
        Action::ResetStats => "RESET".to_owned(),
        Action::ReportLoss => "LOSS".to_owned(),
        Action::Note(_) => "note".to_owned(),
        Action::Warn(_) => "warn".to_owned(),
        Action::Exit(WorkerExit { status, .. }) => match status {
            ExitStatus::Success => "EXIT:0".to_owned(),
            ExitStatus::Failed => "EXIT:1".to_owned(),
            ExitStatus::CouldNotStart => "EXIT:2".to_owned(),
            other => format!("EXIT:{other:?}"),
        },
    }
}
