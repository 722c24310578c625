//! Ctrl-C in the middle of `flagpole get --metadata`, which has flags on the disk that have no name yet.

use crate::combos::Combo;
use crate::harness::{PATIENCE, Sandbox, wait_until};
use crate::servers::mock;
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use flagpole_server::config::path_glob::PathGlob;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{PipeReader, Write as _, pipe};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// What a pipe of Linux holds, and the part of it that is left to the one who writes to it here.
const PIPE: usize = 64 << 10;
const ROOM: usize = 4 << 10;

fn line(way: Combo, server: &BlockingServer, words: &str) -> String {
    let lanes = if way.strategy.is_concurrent() { 8 } else { 1 };
    let (strategy, transport) = (way.strategy.name(), way.transport.name());
    format!(
        "get {words} --metadata -v -m {lanes} --strategy {strategy} --transport {transport} --url {}",
        server.url()
    )
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(".flagpole-")
}

/// A flagpole whose flags come at once, and whose metadata takes so long.
fn slow_names(latency: &str) -> BlockingServer {
    let path: PathGlob = "/flags/*/metadata.json".parse().unwrap();
    let rule = Rule::default().path(path).latency(latency.parse().unwrap());
    BlockingServer::builder().rule(rule).start().unwrap()
}

#[test]
fn once_keeps_what_is_done_and_leaves_nothing_else() {
    let server = slow_names("20ms");
    for way in Combo::all() {
        let desk = Sandbox::new();
        let mut process = desk.start(&line(way, &server, "--all"));
        process.err_line();
        let before: Vec<_> = (0..3).map(|_| process.err_line()).collect();
        assert!(
            before.iter().all(|line| line.ends_with(" ok\n")),
            "{before:?}"
        );
        process.signal(Signal::INT);
        let asked = Instant::now();
        let done = process.finish();
        assert!(
            asked.elapsed() < PATIENCE / 4,
            "{}: {:?}",
            way.name(),
            asked.elapsed()
        );
        assert_eq!(done.code, Some(1), "{}: {done}", way.name());
        let later = done
            .err
            .lines()
            .filter(|line| line.ends_with(" ok"))
            .count();
        let saved = desk.saved();
        assert!(
            !saved.iter().any(|name| is_temporary(name)),
            "{}: {saved:?}",
            way.name()
        );
        assert_eq!(saved.len(), before.len() + later, "{}: {done}", way.name());
        assert!(
            saved.len() < 249 && done.out.contains(" not started\n"),
            "{done}"
        );
        assert!(saved.iter().all(|name| name.contains("--")), "{saved:?}");
    }
}

/// A `get` whose standard error nobody reads and is nearly full, so that it gets stuck in the middle of
/// its work whatever it is told.
struct BlockedGet {
    child: Child,
    err: PipeReader,
}

impl BlockedGet {
    fn start(desk: &Sandbox, line: &str) -> BlockedGet {
        let (err, mut full) = pipe().unwrap();
        full.write_all(&vec![b'x'; PIPE - ROOM]).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        let command = command.args(line.split(' ')).current_dir(desk.path(""));
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(full).spawn().unwrap();
        BlockedGet { child, err }
    }

    /// Until not even the shortest line about a code without a flag fits.
    fn wait(&self) {
        wait_until("it is stuck", || {
            let waiting = rustix::io::ioctl_fionread(&self.err).unwrap();
            waiting > (PIPE - "AA not found\n".len()) as u64
        });
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn code(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code()
    }
}

impl Drop for BlockedGet {
    fn drop(&mut self) {
        // It has mostly ended by then, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn twice_ends_at_once_and_leaves_nothing_half_done() {
    let server = mock("0", "");
    for way in Combo::all() {
        let desk = Sandbox::new();
        let mut process = BlockedGet::start(&desk, &line(way, &server, "--every"));
        process.wait();
        let saved = desk.saved();
        // On one lane a flag has its name before the next is asked for.
        assert_eq!(
            saved.iter().any(|name| is_temporary(name)),
            way.strategy.is_concurrent(),
            "{}: {saved:?}",
            way.name()
        );
        // Two signals of one kind may be taken for one.
        process.signal(Signal::INT);
        process.signal(Signal::TERM);
        assert_eq!(process.code(), Some(130), "{}", way.name());
        let saved = desk.saved();
        assert!(
            !saved.iter().any(|name| is_temporary(name)),
            "{}: {saved:?}",
            way.name()
        );
    }
}
