//! Child processes of this program, and the messages (`MessagePack`) that parent and child exchange over standard input
//! and output. The parent sends pings and the child replies, so that a child that hangs is noticed. A child ends when its
//! standard input closes, so it ends with its parent however the parent ends.

use crate::process::trial_job::{TrialJob, TrialResult};
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_protocol::ConnectFailureCause;
use serde::{Deserialize, Serialize};
use std::io::{self, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two pings.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(2);

/// The number of pings without a reply after which the child counts as hung. Pings are counted, not seconds, so that
/// stopping both processes (SIGSTOP) is not a failure.
const MAX_MISSED: u32 = 5;

/// The maximum wait for the exit status of a child that has closed its standard output.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two checks of the exit status.
const POLL: Duration = Duration::from_millis(5);

/// What a parent sends.
#[derive(Serialize, Deserialize)]
pub(crate) enum ParentMessage {
    /// To a server, first: its profile, as TOML.
    Profile(String),
    /// To a trial, first.
    Job(Box<TrialJob>),
    /// To a server: wait until the connections close, reset the counters and send a summary.
    DrainAndReset,
    Ping,
}

/// What a child sends.
#[derive(Serialize, Deserialize)]
pub(crate) enum ChildMessage {
    /// The reply to a ping.
    Pong,
    /// The server at this URL accepts connections.
    Ready(String),
    /// What the server did since its last summary; when it stops, since its start.
    Summary(ServerSummary),
    Finished(Box<TrialResult>),
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

/// In the child: replies to pings until standard input closes, and passes other messages to `on_message`.
pub(crate) fn listen(mut on_message: impl FnMut(ParentMessage)) {
    while let Ok(message) = receive() {
        match message {
            // If the write fails, so does the child's next one.
            ParentMessage::Ping => drop(send(&ChildMessage::Pong)),
            other => on_message(other),
        }
    }
}

/// What happens to a child.
pub(super) enum ChildEvent {
    Received(ChildMessage),
    /// Standard output has closed.
    Closed,
    Interrupted,
}

/// The parent's side of a child, which is killed on drop.
pub(super) struct ChildProcess {
    /// For errors: `server`.
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    events: Receiver<ChildEvent>,
    /// For events that do not come from the child.
    pub(super) sender: Sender<ChildEvent>,
    pings_since_reply: u32,
}

impl ChildProcess {
    pub(super) fn start(name: &'static str, arguments: &[&str]) -> Result<ChildProcess> {
        let program = std::env::current_exe().context("cannot find the flagpole executable")?;
        let mut command = Command::new(program);
        let command = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // Ctrl-C on a terminal signals a whole process group; this process stops its children itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let started = command.spawn();
        let mut child = started.with_context(|| format!("cannot start the {name} process"))?;
        let output = child.stdout.take();
        let mut output = BufReader::new(output.expect("standard output is piped"));
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
            name,
            input: child.stdin.take(),
            child,
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
            bail!("the {} process is unresponsive", self.name);
        }
        Ok(())
    }

    /// A sentence with the exit status, if the child has exited.
    pub(super) fn exit_message(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the {} process ended with {status}", self.name))
    }

    /// The error of a child whose output has closed. Waits for the exit status, as the pipes of a process close first.
    pub(super) fn exit_error(&mut self) -> anyhow::Error {
        let end = Instant::now() + EXIT_TIMEOUT;
        while self.exit_message().is_none() && Instant::now() < end {
            thread::sleep(POLL);
        }
        let message = self.exit_message();
        anyhow!(message.unwrap_or_else(|| format!("the {} process exited", self.name)))
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // Killing and waiting fail if the process has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
