//! The loop around the state machine: waits for what happens, and performs the actions.

use super::address::MasterAddress;
use super::connection::{ConnectFailure, MasterConnection};
use super::current_run::{WorkerRun, clock_offset_us};
use super::deliveries::Deliveries;
use super::identity::new_identity;
use super::messages::{MasterMessage, WorkerMessage};
use super::state::{Action, Event, Outgoing, Situation, Timing, WorkerExit, WorkerMachine};
use super::stats::stats_data;
use super::user_load::{MachineShare, UserLoad, WorkerReport};
use super::worker_log::WorkerLog;
use std::collections::{BTreeMap, VecDeque};
use std::future;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinHandle};
use tokio::time;

/// How often the load is asked whether users run, or have ended.
const POLL: Duration = Duration::from_millis(5);

/// What a worker needs.
pub(crate) struct WorkerSession<'a> {
    load: &'a mut dyn UserLoad,
    /// What the process took of the machine since the last call.
    machine_share: &'a mut dyn FnMut() -> MachineShare,
    log: WorkerLog<'a>,
    master: MasterAddress,
    timing: Timing,
    machine: WorkerMachine,
    started: Instant,
    connection: Option<MasterConnection>,
    connecting: Option<JoinHandle<Result<MasterConnection, ConnectFailure>>>,
    identity: String,
    deliveries: Deliveries,
    run: Option<WorkerRun>,
}

impl<'a> WorkerSession<'a> {
    pub(crate) fn new(
        master: MasterAddress,
        timing: Timing,
        load: &'a mut dyn UserLoad,
        machine_share: &'a mut dyn FnMut() -> MachineShare,
        log: WorkerLog<'a>,
    ) -> WorkerSession<'a> {
        WorkerSession {
            load,
            machine_share,
            log,
            machine: WorkerMachine::new(master.to_string(), timing),
            master,
            timing,
            started: Instant::now(),
            connection: None,
            connecting: None,
            identity: new_identity(),
            deliveries: Deliveries::default(),
            run: None,
        }
    }

    /// Works until the master or a signal ends the worker, or no master is found.
    pub(crate) async fn run(mut self, mut signals: UnboundedReceiver<()>) -> WorkerExit {
        let mut events = VecDeque::from([Event::Tick]);
        loop {
            while let Some(event) = events.pop_front() {
                let is_stopping = self.machine.awaits_stop();
                let situation = self.situation();
                for action in self.machine.handle(event, situation) {
                    if let Action::Exit(exit) = action {
                        return exit;
                    }
                    events.extend(self.perform(action).await);
                }
                if is_stopping && !self.machine.awaits_stop() {
                    events.extend(self.load.failure().map(Event::LoadFailed));
                    self.end_run();
                }
            }
            events.push_back(self.next_event(&mut signals).await);
        }
    }

    fn situation(&self) -> Situation {
        Situation {
            now: self.started.elapsed(),
            is_proven: self.deliveries.is_proven(),
        }
    }

    /// Waits for the next event.
    async fn next_event(&mut self, signals: &mut UnboundedReceiver<()>) -> Event {
        loop {
            if self.machine.awaits_stop() && self.load.is_stopped() {
                return Event::LoadStopped;
            }
            if self.machine.awaits_users() && self.has_reached_users() {
                return Event::UsersReached;
            }
            let wake_at = self.machine.wake_at().unwrap_or(Duration::MAX);
            let wait = wake_at.saturating_sub(self.started.elapsed());
            if wait.is_zero() {
                return Event::Tick;
            }
            let polls = self.machine.awaits_stop() || self.machine.awaits_users();
            let wait = if polls { wait.min(POLL) } else { wait };
            tokio::select! {
                frame = receive(&mut self.connection) => return self.received(frame),
                end = connected(&mut self.connecting) => return self.connect_ended(end),
                Some(()) = signals.recv() => return Event::Interrupted,
                () = time::sleep(wait) => {}
            }
        }
    }

    fn has_reached_users(&self) -> bool {
        let run = self.run.as_ref();
        run.is_some_and(|run| run.has_reached(self.load.running_users()))
    }

    fn received(&mut self, frame: Result<Vec<u8>, String>) -> Event {
        let frame = match frame {
            Ok(frame) => frame,
            Err(cause) => return Event::Disconnected { cause },
        };
        match MasterMessage::decode(&frame) {
            Ok(mut message) => {
                match &mut message {
                    MasterMessage::Ack { .. } => self.deliveries.acked(),
                    MasterMessage::Heartbeat => self.deliveries.echoed(),
                    MasterMessage::Spawn(job) => {
                        job.clock_offset_us = clock_offset_us(job.timestamp);
                    }
                    _ => {}
                }
                Event::Message(message)
            }
            Err(why) => Event::Malformed(why),
        }
    }

    fn connect_ended(
        &mut self,
        end: Result<Result<MasterConnection, ConnectFailure>, JoinError>,
    ) -> Event {
        self.connecting = None;
        match end {
            Ok(Ok(connection)) => {
                self.connection = Some(connection);
                Event::Connected
            }
            Ok(Err(ConnectFailure { cause, is_final })) => Event::ConnectFailed { cause, is_final },
            Err(error) => {
                let (cause, is_final) = (error.to_string(), false);
                Event::ConnectFailed { cause, is_final }
            }
        }
    }

    /// Returns the event that the action caused.
    async fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Connect => self.connect(),
            Action::Close => {
                if let Some(connection) = self.connection.take() {
                    connection.close().await;
                }
            }
            Action::Send(outgoing) => return self.send(outgoing).await,
            Action::Start(job) => {
                let run = WorkerRun::new(&job, &self.identity);
                if let Err(error) = self.load.start(&run.settings) {
                    return Some(Event::LoadFailed(run.not_run(&error)));
                }
                if let Some(warning) = run.clock_warning() {
                    self.log.warn(&warning);
                }
                self.log
                    .note(&format!("run {} has begun", run.settings.run));
                self.run = Some(run);
            }
            Action::SetUsers(users) => return self.set_users(users),
            Action::BeginStop(grace) => self.load.begin_stop(grace),
            Action::ResetStats => {
                self.take_report();
            }
            Action::ReportLoss => self.report_loss(),
            Action::Note(line) => self.log.note(&line),
            Action::Warn(line) => self.log.warn(&line),
            // Ends the loop.
            Action::Exit(_) => {}
        }
        None
    }

    fn connect(&mut self) {
        self.identity = new_identity();
        self.deliveries = Deliveries::default();
        let (master, identity) = (self.master.clone(), self.identity.clone());
        let attempt = MasterConnection::open(master, identity, self.timing.attempt);
        self.connecting = Some(tokio::spawn(attempt));
    }

    fn set_users(&mut self, users: BTreeMap<String, u64>) -> Option<Event> {
        let run = self.run.as_mut()?;
        let changed = self.load.set_users(&users);
        run.targets = users;
        changed
            .err()
            .map(|error| Event::LoadFailed(format!("{error:#}")))
    }

    async fn send(&mut self, outgoing: Outgoing) -> Option<Event> {
        let mut requests = 0;
        let message = match outgoing.clone() {
            Outgoing::Ready => WorkerMessage::ClientReady,
            Outgoing::Spawning => WorkerMessage::Spawning,
            Outgoing::SpawningComplete => WorkerMessage::SpawningComplete {
                users: self.users(),
            },
            Outgoing::Stats => {
                let (message, count) = self.stats();
                requests = count;
                message
            }
            Outgoing::Heartbeat(state) => WorkerMessage::Heartbeat(state, (self.machine_share)()),
            Outgoing::Stopped => WorkerMessage::ClientStopped,
            Outgoing::Quit => WorkerMessage::Quit,
            Outgoing::Exception(message) => WorkerMessage::Exception { message },
        };
        match outgoing {
            Outgoing::Ready => self.deliveries.ready_sent(),
            Outgoing::Stats => self.deliveries.report_sent(requests),
            Outgoing::Heartbeat(_) => self.deliveries.heartbeat_sent(),
            _ => {}
        }
        let event = self.transmit(&message).await;
        if event.is_some() || !matches!(outgoing, Outgoing::Heartbeat(_)) {
            return event;
        }
        let lines = self.log.new_lines()?;
        self.transmit(&WorkerMessage::Logs { lines }).await
    }

    /// Sends a message that the master understands.
    async fn transmit(&mut self, message: &WorkerMessage) -> Option<Event> {
        let connection = self.connection.as_mut()?;
        let frame = match message.encode(&self.identity) {
            Ok(frame) => frame,
            Err(error) => {
                self.log.warn(&format!(
                    "a message was not sent, as the master would not understand it: {error}"
                ));
                return None;
            }
        };
        let sent = connection.send(frame).await;
        sent.err().map(|cause| Event::Disconnected { cause })
    }

    /// The report since the last one, and how many requests it has.
    fn stats(&mut self) -> (WorkerMessage, u64) {
        let users = self.users();
        let (report, since) = self.take_report();
        let requests = report
            .endpoints
            .iter()
            .map(|endpoint| endpoint.requests)
            .sum();
        let mut data = stats_data(&report, &users, since);
        if let Some(run) = &mut self.run {
            data.flagpole_log = std::mem::take(&mut run.log);
            data.flagpole_run = Some(run.settings.run.clone());
            data.flagpole_process = Some(run.settings.process.clone());
        }
        (WorkerMessage::Stats(Box::new(data)), requests)
    }

    /// The report, without its log, and when it begins.
    fn take_report(&mut self) -> (WorkerReport, f64) {
        let Some(run) = &mut self.run else {
            return (WorkerReport::default(), 0.0);
        };
        let mut report = self.load.take_report();
        let since = run.since;
        run.add(&report);
        run.log.push_str(&std::mem::take(&mut report.log));
        (report, since)
    }

    fn users(&self) -> BTreeMap<String, u64> {
        let run = self.run.as_ref();
        run.map(|run| run.users(self.load.running_users()))
            .unwrap_or_default()
    }

    fn report_loss(&mut self) {
        let (report, _) = self.take_report();
        let unsent: u64 = report
            .endpoints
            .iter()
            .map(|endpoint| endpoint.requests)
            .sum();
        let requests = unsent + self.deliveries.unproven_requests();
        if requests == 0 {
            if !self.deliveries.is_proven() {
                self.log
                    .warn("the master may not have the last report, which has no requests");
            }
        } else {
            let log = match self.load.log_file() {
                Some(file) => format!("`{}` has them all", file.display()),
                None => "no local log has them".to_owned(),
            };
            self.log.warn(&format!(
                "the master may not have {requests} requests: {log}"
            ));
        }
    }

    fn end_run(&mut self) {
        if let Some(run) = self.run.take() {
            self.log.note(&run.summary());
        }
    }
}

/// Waits for a message; never ends if there is no connection.
async fn receive(connection: &mut Option<MasterConnection>) -> Result<Vec<u8>, String> {
    match connection {
        Some(connection) => connection.receive().await,
        None => future::pending().await,
    }
}

/// Waits for the end of an attempt to connect; never ends if there is none.
async fn connected<T>(attempt: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match attempt {
        Some(attempt) => attempt.await,
        None => future::pending().await,
    }
}
