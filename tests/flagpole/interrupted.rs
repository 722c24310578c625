//! Ctrl-C during `flagpole get --metadata`, when saved flags have no final name yet.

use crate::combos::Combo;
use crate::harness::{Sandbox, wait_until};
use crate::servers::server_with;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use flagpole_server::config::path_glob::PathGlob;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{PipeReader, Write as _, pipe};
use std::process::{Child, Command, Stdio};

/// The capacity of a Linux pipe, and how much of it is free here.
const PIPE_SIZE: usize = 64 << 10;
const FREE: usize = 4 << 10;

fn line(combo: Combo, server: &BlockingServer, options: &str) -> String {
    let concurrency = if combo.strategy.is_concurrent() { 8 } else { 1 };
    let strategy = combo.name();
    format!(
        "get {options} --metadata -v -m {concurrency} --strategy {strategy} --url {}",
        server.url()
    )
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(".flagpole-")
}

/// A server with this latency for metadata and none for flags.
fn slow_metadata(latency: &str) -> BlockingServer {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default().path(path).latency(latency.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

#[test]
fn first_signal_keeps_named_flags_and_removes_temporary_files() {
    let server = slow_metadata("20ms");
    for combo in Combo::all() {
        let sandbox = Sandbox::new();
        let mut process = sandbox.start(&line(combo, &server, "--all"));
        process.stderr_line();
        let before: Vec<_> = (0..3).map(|_| process.stderr_line()).collect();
        assert!(
            before.iter().all(|line| line.ends_with(" ok\n")),
            "{before:?}"
        );
        process.signal(Signal::INT);
        let output = process.finish();
        assert_eq!(output.code, Some(1), "{}: {output}", combo.name());
        let finished_later = output
            .stderr
            .lines()
            .filter(|line| line.ends_with(" ok"))
            .count();
        let saved = sandbox.saved();
        assert!(
            !saved.iter().any(|name| is_temporary(name)),
            "{}: {saved:?}",
            combo.name()
        );
        assert_eq!(
            saved.len(),
            before.len() + finished_later,
            "{}: {output}",
            combo.name()
        );
        assert!(
            saved.len() < 249 && output.stdout.contains(" not started\n"),
            "{output}"
        );
        assert!(saved.iter().all(|name| name.contains("--")), "{saved:?}");
    }
}

/// A `get` that blocks because its stderr pipe is nearly full and never read.
struct BlockedGet {
    child: Child,
    stderr: PipeReader,
}

impl BlockedGet {
    fn start(sandbox: &Sandbox, line: &str) -> BlockedGet {
        let (stderr, mut full) = pipe().unwrap();
        full.write_all(&vec![b'x'; PIPE_SIZE - FREE]).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        let command = command.args(line.split(' ')).current_dir(sandbox.path(""));
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(full).spawn().unwrap();
        BlockedGet { child, stderr }
    }

    /// Not even the shortest line about a code without a flag fits.
    fn wait(&self) {
        wait_until("the command blocks", || {
            let waiting = rustix::io::ioctl_fionread(&self.stderr).unwrap();
            waiting > (PIPE_SIZE - "AA not found\n".len()) as u64
        });
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn code(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until("the command ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for BlockedGet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn second_signal_aborts_and_removes_temporary_files() {
    let server = server_with("0", "");
    for combo in Combo::all() {
        let sandbox = Sandbox::new();
        let mut process = BlockedGet::start(&sandbox, &line(combo, &server, "--every"));
        process.wait();
        let saved = sandbox.saved();
        // At concurrency 1 each flag is named before the next request.
        assert_eq!(
            saved.iter().any(|name| is_temporary(name)),
            combo.strategy.is_concurrent(),
            "{}: {saved:?}",
            combo.name()
        );
        // Two pending signals of one kind may be merged.
        process.signal(Signal::INT);
        process.signal(Signal::TERM);
        assert_eq!(process.code(), Some(130), "{}", combo.name());
        let saved = sandbox.saved();
        assert!(
            !saved.iter().any(|name| is_temporary(name)),
            "{}: {saved:?}",
            combo.name()
        );
    }
}
