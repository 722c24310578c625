//! The command as a person runs it: a line of words, in a folder of its own.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything is waited for: much longer than it ever takes, so that only what hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The command.
pub(crate) const FLAGPOLE: &str = env!("CARGO_BIN_EXE_flagpole");

/// A folder in which the command is run; gone with it.
pub(crate) struct Sandbox(TempDir);

/// What a command that has ended said.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A command that runs; killed when dropped, and when it outlasts our patience.
pub(crate) struct RunningCommand {
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    /// `None` if nobody reads it any more.
    out: Option<BufReader<ChildStdout>>,
    err: BufReader<ChildStderr>,
    _ended: mpsc::Sender<()>,
}

/// Runs `flagpole` with these words, somewhere.
pub(crate) fn flagpole(line: &str) -> CommandOutput {
    Sandbox::new().run(line)
}

/// Waits for something that takes no time worth speaking of.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
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

    /// Runs `flagpole` with these words to its end.
    pub(crate) fn run(&self, line: &str) -> CommandOutput {
        let mut process = self.start(line);
        process.close_stdin();
        process.finish()
    }

    /// Starts `flagpole` with these words.
    pub(crate) fn start(&self, line: &str) -> RunningCommand {
        self.start_with(line, &[])
    }

    /// The same with these variables of the environment.
    pub(crate) fn start_with(&self, line: &str, variables: &[(&str, &Path)]) -> RunningCommand {
        let mut command = Command::new(FLAGPOLE);
        let command = command.args(line.split_whitespace()).current_dir(&self.0);
        let command = command.envs(variables.iter().copied());
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // What it starts itself can then be ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(piped, 0);
        let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let out = child.stdout.take().map(BufReader::new);
        let err = BufReader::new(child.stderr.take().unwrap());
        let child = Arc::new(Mutex::new(child));
        let (ended, end) = mpsc::channel::<()>();
        let watched = child.clone();
        thread::spawn(move || {
            // Later than a test gives up waiting: this must not bring about what it waits for.
            if end.recv_timeout(2 * PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                kill_all(&mut watched.lock().unwrap());
            }
        });
        RunningCommand {
            child,
            stdin,
            out,
            err,
            _ended: ended,
        }
    }

    /// What is in the folder where `get` saves, in order, hidden files too.
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
        self.child.lock().unwrap().id()
    }

    /// The next line of its standard output; empty at the end.
    pub(crate) fn out_line(&mut self) -> String {
        let mut line = String::new();
        self.out.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    /// The next line of its standard error; empty at the end.
    pub(crate) fn err_line(&mut self) -> String {
        let mut line = String::new();
        self.err.read_line(&mut line).unwrap();
        line
    }

    /// The root of the site that a `serve` says it serves.
    pub(crate) fn url(&mut self) -> String {
        loop {
            let line = self.out_line();
            assert!(!line.is_empty(), "no URL before the end");
            let mut words = line.split(['"', ' ']);
            if let Some(url) = words.find(|word| word.starts_with("http://")) {
                return url.strip_suffix("flags/").unwrap_or(url).to_owned();
            }
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let child = self.child.lock().unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
    }

    /// What a terminal does at Ctrl-C: it interrupts the command and all that this has started.
    #[cfg(unix)]
    pub(crate) fn press_ctrl_c(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let child = self.child.lock().unwrap();
        kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    }

    /// Ends it as a crash would: at once, without a chance to clean up.
    pub(crate) fn kill(&self) {
        self.child.lock().unwrap().kill().unwrap();
    }

    pub(crate) fn close_stdin(&mut self) {
        drop(self.stdin.take());
    }

    /// Reads nothing more of its standard output, and lets it know when it writes.
    pub(crate) fn close_stdout(&mut self) {
        drop(self.out.take());
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn has_ended(&self) -> bool {
        self.child.lock().unwrap().try_wait().unwrap().is_some()
    }

    /// Waits for its end, and takes what it said that nobody has read yet.
    pub(crate) fn finish(mut self) -> CommandOutput {
        let (mut out, mut err) = (String::new(), String::new());
        if let Some(rest) = &mut self.out {
            rest.read_to_string(&mut out).unwrap();
        }
        self.err.read_to_string(&mut err).unwrap();
        let mut status = None;
        wait_until("it ends", || {
            status = self.child.lock().unwrap().try_wait().unwrap();
            status.is_some()
        });
        let code = status.unwrap().code();
        CommandOutput { code, out, err }
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        // Nothing can be done for a child that can be neither killed nor waited for.
        if let Ok(mut child) = self.child.lock() {
            kill_all(&mut child);
            let _ = child.wait();
        }
    }
}

/// Ends a process and all that it started; none of them being there is as good.
fn kill_all(child: &mut Child) {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    );
    let _ = child.kill();
}

impl fmt::Display for CommandOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommandOutput { code, out, err } = self;
        write!(f, "exit code {code:?}\nstdout:\n{out}\nstderr:\n{err}")
    }
}
