//! The server that `compare` measures against: flagpole itself, in a process of its own.
//!
//! The helper stops when its standard input closes. The system closes it when this process ends,
//! however it ends, so none is ever left behind. Nor is one waited for that no longer answers.

use crate::commands::serve::SETTLE;
use crate::process::heartbeat::Heartbeat;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::report::Served;
use flagpole_server::Profile;
use flagpole_server::config::listener::Listener;
use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take to start, to answer, and to stop: much longer than it ever takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a server that has stopped speaking may take to end, and how often is looked.
const LAST: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(5);

/// What is said of one that does not answer.
const SILENT: &str = "the server no longer answers";

/// A running helper.
pub(crate) struct ServerProcess {
    child: Child,
    lines: Receiver<String>,
    pulse: Heartbeat,
    is_silent: bool,
    /// The root of its site.
    pub(crate) url: String,
}

#[derive(Deserialize)]
struct Greeting {
    url: String,
}

impl ServerProcess {
    /// Starts a helper that does what this listener does, on a port of the system's choice.
    pub(crate) fn start(listener: &Listener, seed: u64) -> Result<ServerProcess> {
        let profile = Profile {
            about: None,
            seed,
            listeners: vec![Listener {
                port: None,
                ..listener.clone()
            }],
        };
        // Read before the helper says that it is there, and gone with this function.
        let mut file = tempfile::Builder::new()
            .suffix(".toml")
            .tempfile()
            .context("cannot write the server's profile")?;
        file.write_all(profile.to_string().as_bytes())
            .context("cannot write the server's profile")?;
        let options = [
            format!("--profile={}", file.path().display()),
            format!("--seed={seed}"),
        ];
        let program = std::env::current_exe().context("cannot find the program itself")?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--child", "--port", "0"])
            .args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // A Ctrl-C on a terminal reaches a whole process group; the helper is ours to stop.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().context("cannot start the server")?;
        let out = child
            .stdout
            .take()
            .context("the server has no standard output")?;
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            // Until it has ended, or nobody listens any more.
            lines.into_iter().all(|line| told.send(line).is_ok())
        });
        let mut helper = ServerProcess {
            child,
            lines,
            pulse: Heartbeat::default(),
            is_silent: false,
            url: String::new(),
        };
        match helper.line() {
            Ok(line) => helper.url = serde_json::from_str::<Greeting>(&line)?.url,
            // It has said on standard error what is wrong.
            Err(_) => bail!("the server did not start"),
        }
        Ok(helper)
    }

    /// What is wrong with it, if it has ended, though nobody asked it to, or no longer answers. To be asked
    /// now and then.
    pub(crate) fn trouble(&mut self) -> Option<String> {
        if let Some(end) = self.end() {
            return Some(end);
        }
        // All that it says unasked was read when it started.
        if self.lines.try_iter().count() > 0 {
            self.pulse.is_there();
        }
        let input = self.child.stdin.as_mut()?;
        self.is_silent = self.pulse.is_lost(input);
        self.is_silent.then(|| SILENT.to_owned())
    }

    /// How it ended, if it did though nobody asked it to.
    pub(crate) fn end(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the server ended with {status}"))
    }

    /// Between two trials: gives the account of what was done since the last time, and leaves a server that is
    /// as it was at the start.
    pub(crate) fn settle(&mut self) -> Result<Served> {
        let asked = self
            .child
            .stdin
            .as_mut()
            .map(|input| writeln!(input, "{SETTLE}"));
        let line = match asked {
            Some(Ok(())) => self.line(),
            _ => Err(anyhow!("the server has gone")),
        };
        if line.is_err() {
            self.await_end();
        }
        serde_json::from_str(&line?).context("the server's ledger can not be read")
    }

    /// Stops the helper and gives its account.
    pub(crate) fn stop(mut self) -> Result<Served> {
        if self.is_silent {
            bail!(SILENT);
        }
        drop(self.child.stdin.take());
        let line = self.line()?;
        serde_json::from_str(&line).context("the server's ledger can not be read")
    }

    /// One that neither hears nor speaks is about to end, and then it is known how; but not for ever.
    fn await_end(&mut self) {
        let end = Instant::now() + LAST;
        while self.end().is_none() && Instant::now() < end {
            thread::sleep(LOOK);
        }
    }

    /// The next line that is no answer to whether it is there.
    fn line(&mut self) -> Result<String> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            // Answers of the last trial may be among them.
            if line.is_ok() {
                self.pulse.is_there();
            }
            match line {
                Ok(line) if line.is_empty() => {}
                Ok(line) => return Ok(line),
                Err(RecvTimeoutError::Disconnected) => bail!("the server has gone"),
                Err(RecvTimeoutError::Timeout) => {
                    self.is_silent = true;
                    bail!(SILENT);
                }
            }
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It has said all that it has to say, or never will; one that has ended can not be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
