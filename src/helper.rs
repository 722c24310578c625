//! The server that `compare` measures against: flagpole itself, in a process of its own.
//!
//! The helper stops when its standard input closes. The system closes it when this process ends,
//! however it ends, so none is ever left behind.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

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

/// What the helper says of itself at the end.
#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) requests: u64,
    pub(crate) by_status: BTreeMap<u16, u64>,
    pub(crate) early: u64,
}

impl Helper {
    /// Starts a helper with these options of `serve`, on a port of the system's choice.
    pub(crate) fn start(options: &[String]) -> Result<Helper> {
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

    /// Stops the helper and gives its account.
    pub(crate) fn stop(mut self) -> Result<Account> {
        drop(self.child.stdin.take());
        let line = self.line()?;
        self.child.wait().context("cannot wait for the server")?;
        serde_json::from_str(&line).context("the server's ledger can not be read")
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
