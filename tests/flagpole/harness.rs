//! Runs the `flagpole` command in a temporary folder.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Far longer than anything takes on the busiest machine: only a hang fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) const FLAGPOLE: &str = env!("CARGO_BIN_EXE_flagpole");

pub(crate) struct Sandbox(TempDir);

#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running command; killed when dropped.
pub(crate) struct RunningCommand {
    child: Child,
    /// `None` once it is closed.
    stdout: Option<BufReader<ChildStdout>>,
    stderr: BufReader<ChildStderr>,
}

pub(crate) fn flagpole(line: &str) -> CommandOutput {
    Sandbox::new().run(line)
}

pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        Sandbox(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, line: &str) -> CommandOutput {
        let mut command = assert_cmd::Command::new(FLAGPOLE);
        let command = command.args(line.split_whitespace()).current_dir(&self.0);
        // Help has the width of a terminal.
        let command = command.env_remove("COLUMNS");
        command.timeout(DEADLINE).output().unwrap().into()
    }

    pub(crate) fn start(&self, line: &str) -> RunningCommand {
        self.start_with(line, &[])
    }

    pub(crate) fn start_with(&self, line: &str, variables: &[(&str, &Path)]) -> RunningCommand {
        let mut command = Command::new(FLAGPOLE);
        self.spawn(
            command
                .args(line.split_whitespace())
                .envs(variables.iter().copied()),
        )
    }

    /// After a command of the shell, whose effects `flagpole` inherits.
    #[cfg(unix)]
    pub(crate) fn start_after(&self, setup: &str, line: &str) -> RunningCommand {
        self.start_shell(&format!("{setup}; exec {FLAGPOLE} {line}"))
    }

    #[cfg(unix)]
    pub(crate) fn start_shell(&self, script: &str) -> RunningCommand {
        self.spawn(Command::new("sh").arg("-c").arg(script))
    }

    fn spawn(&self, command: &mut Command) -> RunningCommand {
        let command = command.current_dir(&self.0);
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped());
        // A process group: its children can be killed with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(piped, 0);
        let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        RunningCommand {
            child,
            stdout,
            stderr,
        }
    }

    /// The names in the folder where `get` saves, sorted, hidden files included.
    pub(crate) fn saved(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("downloaded")).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }
}

impl RunningCommand {
    #[cfg(unix)]
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Empty at the end.
    pub(crate) fn stdout_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// Empty at the end.
    pub(crate) fn stderr_line(&mut self) -> String {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        line
    }

    /// The URL that `serve` prints.
    pub(crate) fn url(&mut self) -> String {
        loop {
            let line = self.stdout_line();
            assert!(!line.is_empty(), "the command ended without printing a URL");
            let mut words = line.split(['"', ' ']);
            if let Some(url) = words.find(|word| word.starts_with("http://")) {
                return url.strip_suffix("flags/").unwrap_or(url).to_owned();
            }
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// As a terminal does at Ctrl-C: signals the command and its children.
    #[cfg(unix)]
    pub(crate) fn interrupt_group(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        kill_process_group(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Later writes fail with a broken pipe.
    pub(crate) fn close_stdout(&mut self) {
        drop(self.stdout.take());
    }

    #[cfg(unix)]
    pub(crate) fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the exit and returns the output that is still unread.
    pub(crate) fn finish(mut self) -> CommandOutput {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        if let Some(reader) = &mut self.stdout {
            reader.read_to_end(&mut stdout).unwrap();
        }
        self.stderr.read_to_end(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Output {
            status,
            stdout,
            stderr,
        }
        .into()
    }
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> CommandOutput {
        CommandOutput {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        // A process that has already ended is an error, and of no interest.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl CommandOutput {
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{self}");
    }

    #[track_caller]
    pub(crate) fn assert_stdout_starts_with(&self, text: &str) {
        assert!(self.stdout.starts_with(text), "expected `{text}`: {self}");
    }

    #[track_caller]
    pub(crate) fn assert_stdout_ends_with(&self, text: &str) {
        assert!(self.stdout.ends_with(text), "expected `{text}`: {self}");
    }

    #[track_caller]
    pub(crate) fn assert_stdout_contains(&self, text: &str) {
        assert!(self.stdout.contains(text), "expected `{text}`: {self}");
    }

    #[track_caller]
    pub(crate) fn assert_stderr_starts_with(&self, text: &str) {
        assert!(self.stderr.starts_with(text), "expected `{text}`: {self}");
    }

    #[track_caller]
    pub(crate) fn assert_stderr_ends_with(&self, text: &str) {
        assert!(self.stderr.ends_with(text), "expected `{text}`: {self}");
    }

    #[track_caller]
    pub(crate) fn assert_stderr_contains(&self, text: &str) {
        assert!(self.stderr.contains(text), "expected `{text}`: {self}");
    }
}

impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommandOutput {
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "exit code {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}"
        )
    }
}

/// Compares a text with its file in `snapshots/`, after replacements by regular expressions.
macro_rules! snapshot {
    ($text:expr $(, $filter:expr)*) => {
        insta::with_settings!(
            { omit_expression => true, filters => Vec::<(&str, &str)>::from([$($filter),*]) },
            { insta::assert_snapshot!($text) }
        )
    };
    (named $name:expr, $text:expr) => {
        insta::with_settings!({ omit_expression => true, snapshot_suffix => $name }, { insta::assert_snapshot!($text) })
    };
}
pub(crate) use snapshot;
