//! A trial, in a process of its own.

use crate::commands::trial;
use crate::commands::trial::{Job, TrialResult};
use crate::process::heartbeat::{BEAT, Heartbeat};
use crate::process::server_process::ServerProcess;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a trial may take to end once it is asked to: a little longer than it gives itself.
const GRACE: Duration = trial::GRACE.saturating_add(Duration::from_secs(1));

/// A Ctrl-C, and the trial that it is to end.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    is_asked: Arc<AtomicBool>,
    trial: Arc<Mutex<Option<Sender<Event>>>>,
}

/// What is heard while a trial is under way.
enum Event {
    /// A line that it said.
    Line(String),
    /// It says nothing more; what it complained of.
    Silence(String),
    /// It is to end.
    Interrupt,
}

impl Interrupt {
    /// Ends the trial under way, and all that would follow.
    pub(crate) fn ask(&self) {
        self.is_asked.store(true, Ordering::SeqCst);
        self.tell();
    }

    /// Whether it was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::SeqCst)
    }

    fn hold(&self, trial: Option<Sender<Event>>) {
        *self.trial.lock().unwrap_or_else(PoisonError::into_inner) = trial;
        // It may have been asked for while no trial was under way.
        if self.is_asked() {
            self.tell();
        }
    }

    fn tell(&self) {
        let trial = self.trial.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trial) = &*trial {
            // One that has just ended needs no telling.
            let _ = trial.send(Event::Interrupt);
        }
    }
}

/// Carries out a job in a new process, and waits for what it says; not for ever for one that no longer
/// answers, be it the trial or the server.
pub(crate) fn carry_out(
    job: &Job,
    interrupt: &Interrupt,
    server: Option<&mut ServerProcess>,
) -> Result<TrialResult> {
    let mut child = start()?;
    let mut input = child.stdin.take().context("it has no standard input")?;
    let out = child.stdout.take().context("it has no standard output")?;
    let err = child.stderr.take().context("it has no standard error")?;
    let line = serde_json::to_string(job)? + "\n";
    // One that is gone says so by its end.
    let written = input.write_all(line.as_bytes());
    let (events, heard) = mpsc::channel();
    let told = events.clone();
    thread::spawn(move || listen(out, err, &told));
    interrupt.hold(Some(events));
    let said = hear(&heard, input, server);
    interrupt.hold(None);
    if said.is_err() {
        // It may have ended by itself.
        let _ = child.kill();
    }
    let status = child.wait().context("cannot wait for it")?;
    let (said, complaint) = said?;
    if !status.success() {
        let complaint = complaint.trim().trim_start_matches("flagpole: ");
        let colon = if complaint.is_empty() { "" } else { ": " };
        bail!("it ended with {status}{colon}{complaint}");
    }
    written.context("cannot tell it its job")?;
    serde_json::from_str(&said).context("what it said can not be read")
}

fn start() -> Result<Child> {
    let program = std::env::current_exe().context("cannot find the program itself")?;
    let mut command = Command::new(program);
    let piped = command.arg("trial").stdin(Stdio::piped());
    piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A Ctrl-C on a terminal reaches a whole process group; the trial is ours to end.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(piped, 0);
    piped.spawn().context("cannot start a process")
}

/// Passes on what it says. A pipe that breaks is one that ends.
fn listen(out: ChildStdout, mut err: ChildStderr, told: &Sender<Event>) {
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        if told.send(Event::Line(line)).is_err() {
            return;
        }
    }
    let mut complaint = String::new();
    let _ = err.read_to_string(&mut complaint);
    let _ = told.send(Event::Silence(complaint));
}

/// All that it says, and what it complains of.
fn hear(
    heard: &Receiver<Event>,
    input: ChildStdin,
    mut server: Option<&mut ServerProcess>,
) -> Result<(String, String)> {
    let (mut said, mut pulse, mut input) = (String::new(), Heartbeat::default(), Some(input));
    let mut end = None;
    loop {
        let patience = end.map_or(BEAT, |end: Instant| {
            end.saturating_duration_since(Instant::now())
        });
        match heard.recv_timeout(patience) {
            Ok(Event::Line(line)) => {
                pulse.is_there();
                said.push_str(&line);
            }
            Ok(Event::Silence(complaint)) => return Ok((said, complaint)),
            // A trial whose input closes cancels its run and says what it has.
            Ok(Event::Interrupt) => {
                input = None;
                end = Some(Instant::now() + GRACE);
            }
            Err(RecvTimeoutError::Disconnected) => bail!("cannot hear it"),
            Err(RecvTimeoutError::Timeout) => {
                let Some(input) = &mut input else {
                    bail!("it did not end when it was asked to");
                };
                if let Some(trouble) = server.as_mut().and_then(|server| server.trouble()) {
                    bail!(trouble);
                }
                if pulse.is_lost(input) {
                    bail!("it no longer answers");
                }
            }
        }
    }
}
