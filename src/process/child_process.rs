//! Trial processes, and the messages (`MessagePack`) that parent and child exchange over standard input and output. The
//! parent sends pings and the child replies, so that a child that hangs is noticed. A trial ends when its standard input
//! closes, so it ends with its parent however the parent ends.

use crate::process::owned_child::OwnedChild;
use crate::process::program::job::{ProgramJob, ProgramRun};
use crate::process::trial_job::{TrialJob, TrialResult};
use anyhow::{Context as _, Result};
use flagpole_protocol::ConnectFailureCause;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two pings.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(2);

/// The number of pings without a reply after which a child counts as hung. Pings are counted, not seconds, so that
/// stopping both processes (SIGSTOP) is not a failure.
pub(super) const MAX_MISSED: u32 = 5;

/// What a parent sends.
#[derive(Serialize, Deserialize)]
pub(crate) enum ParentMessage {
    /// The job of a trial of a strategy; it or `Program` is the first message.
    Job(Box<TrialJob>),
    Program(Box<ProgramJob>),
    Ping,
}

/// What a child sends.
#[derive(Serialize, Deserialize)]
pub(crate) enum ChildMessage {
    /// The reply to a ping.
    Pong,
    Finished(Box<TrialResult>),
    ProgramEnded(Box<ProgramRun>),
    /// The trial failed with this error. `Other` if the system did not run out of a resource.
    Failed(String, ConnectFailureCause),
}

/// In the child: sends a message. A parent that has exited is not an error: then standard input closes too.
pub(crate) fn send(message: &ChildMessage) -> Result<()> {
    match write(&mut io::stdout().lock(), message) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to the parent process")
        }
        _ => Ok(()),
    }
}

/// In the child: the next message.
pub(crate) fn receive() -> Result<ParentMessage> {
    rmp_serde::from_read(io::stdin().lock()).context("cannot read from the parent process")
}

/// In the child: replies to pings until standard input closes.
pub(crate) fn reply_to_pings() {
    while let Ok(ParentMessage::Ping) = receive() {
        // If the write fails, so does the child's next one.
        drop(send(&ChildMessage::Pong));
    }
}

/// What happens to a child.
pub(super) enum ChildEvent {
    Received(ChildMessage),
    /// Standard output has closed.
    Closed,
    Interrupted,
}

/// The parent's side of a trial process.
pub(super) struct ChildProcess {
    process: OwnedChild,
    input: Option<ChildStdin>,
    events: Receiver<ChildEvent>,
    /// For events that do not come from the child.
    pub(super) sender: Sender<ChildEvent>,
    pings_since_reply: u32,
}

impl ChildProcess {
    pub(super) fn start() -> Result<ChildProcess> {
        let mut process = OwnedChild::start(
            "trial",
            &["trial".to_owned()],
            Stdio::piped(),
            Stdio::inherit(),
        )?;
        let mut output = process.take_output();
        let (sender, events) = mpsc::channel();
        let messages = sender.clone();
        thread::spawn(move || {
            // Sending fails if this process no longer waits for the child.
            while let Ok(message) = rmp_serde::from_read(&mut output) {
                if messages.send(ChildEvent::Received(message)).is_err() {
                    return;
                }
            }
            let _ = messages.send(ChildEvent::Closed);
        });
        Ok(ChildProcess {
            input: process.take_input(),
            process,
            events,
            sender,
            pings_since_reply: 0,
        })
    }

    /// Sends a message. If this fails, the child has exited or exits now, which the reader of its output notices.
    pub(super) fn send(&mut self, message: &ParentMessage) {
        if let Some(input) = &mut self.input {
            let _ = write(input, message);
        }
    }

    /// Closes standard input, so that the child stops.
    pub(super) fn close_input(&mut self) {
        self.input = None;
    }

    /// The next event that is not the reply to a ping; `None` if there is none within this time.
    pub(super) fn next(&mut self, timeout: Duration) -> Option<ChildEvent> {
        let end = Instant::now() + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left).ok()? {
                ChildEvent::Received(ChildMessage::Pong) => self.pings_since_reply = 0,
                event => return Some(event),
            }
        }
    }

    /// Sends a ping; fails if the child has not replied to too many.
    pub(super) fn ping(&mut self) -> Result<()> {
        self.send(&ParentMessage::Ping);
        self.pings_since_reply += 1;
        if self.pings_since_reply > MAX_MISSED {
            return Err(self.process.unresponsive());
        }
        Ok(())
    }

    /// The error of a child whose output has closed.
    pub(super) fn exit_error(&mut self) -> anyhow::Error {
        self.process.exit_error()
    }
}

fn write(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let bytes = rmp_serde::to_vec_named(message).map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_analysis::comparison::ResourceUsage;
    use flagpole_analysis::validity::LostTime;
    use flagpole_protocol::{AttemptRecord, Outcome, Resource, ServerTiming, TimeoutKind};

    #[test]
    fn records_survive_the_way_to_the_parent() {
        let resource = Resource::Flag("BR".parse().unwrap());
        let mut rejected = AttemptRecord::new(resource, Outcome::Http(503));
        rejected.worker = Some(2);
        rejected.first_byte = Some(Duration::from_micros(50_001));
        rejected.timing = Some(ServerTiming {
            paced: Duration::from_micros(7),
            fault: Some("concurrency limit".to_owned()),
            ..ServerTiming::default()
        });
        let message = "no port".to_owned();
        let cause = ConnectFailureCause::OutOfPorts;
        let outcomes = [
            Outcome::Ok,
            Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(9)),
            Outcome::ConnectFailed { cause, message },
        ];
        let path = "/img/1.png?size=2".parse().unwrap();
        let others = outcomes.map(|outcome| AttemptRecord::new(path, outcome));
        let sent = TrialResult {
            wall: Duration::from_nanos(123_456_789),
            unstarted: 2,
            records: [vec![rejected], others.to_vec()].concat(),
            resource_usage: ResourceUsage::default(),
            lost: LostTime::default(),
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &sent).unwrap();
        let received: TrialResult = rmp_serde::from_slice(&bytes).unwrap();
        assert_eq!(received.records, sent.records);
        assert_eq!((received.wall, received.unstarted), (sent.wall, 2));
    }
}
