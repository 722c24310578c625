//! The server that `compare` measures against: flagpole itself, in a process of its own.
//!
//! The helper stops when its standard input closes. The system closes it when this process ends,
//! however it ends, so none is ever left behind.

use crate::serve::SETTLE;
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_client::report::Served;
use flagpole_server::Profile;
use flagpole_server::profile::Listener;
use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server that has stopped speaking may take to end, and how often is looked.
const PATIENCE: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(5);

/// A running helper.
pub(crate) struct Helper {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The root of its site.
    pub(crate) url: String,
}

#[derive(Deserialize)]
struct Greeting {
    url: String,
}

impl Helper {
    /// Starts a helper that does what this listener does, on a port of the system's choice.
    pub(crate) fn start(listener: &Listener, seed: u64) -> Result<Helper> {
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
        let mut helper = Helper {
            child,
            out: BufReader::new(out),
            url: String::new(),
        };
        match helper.line() {
            Ok(line) => helper.url = serde_json::from_str::<Greeting>(&line)?.url,
            // It has said on standard error what is wrong.
            Err(_) => bail!("the server did not start"),
        }
        Ok(helper)
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
        drop(self.child.stdin.take());
        let line = self.line()?;
        self.child.wait().context("cannot wait for the server")?;
        serde_json::from_str(&line).context("the server's ledger can not be read")
    }

    /// One that neither hears nor speaks is about to end, and then it is known how; but not for ever.
    fn await_end(&mut self) {
        let end = Instant::now() + PATIENCE;
        while self.end().is_none() && Instant::now() < end {
            thread::sleep(LOOK);
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.out
            .read_line(&mut line)
            .context("cannot hear the server")?;
        if line.is_empty() {
            bail!("the server has gone");
        }
        Ok(line)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A child that can not be waited for is none any more.
        let _ = self.child.wait();
    }
}
