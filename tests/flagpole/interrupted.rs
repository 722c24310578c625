//! Ctrl-C during `flagpole get --metadata`, when saved flags have no final name yet; and what the server sees of a client
//! that is interrupted or killed.

use crate::combos::Combo;
use crate::harness::{DEADLINE, Sandbox, wait_until};
use crate::servers::{head, server_with};
use flagpole_server::BlockingServer;
use flagpole_server::Rule;
use flagpole_server::config::path_glob::PathGlob;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufReader, ErrorKind, PipeReader, Read as _, Write as _, pipe};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// The capacity of a Linux pipe, and how much of it is free here.
const PIPE_SIZE: usize = 64 << 10;
const FREE: usize = 4 << 10;

fn line(combo: Combo, server: &BlockingServer, options: &str) -> String {
    let concurrency = if combo.strategy.is_concurrent() { 8 } else { 1 };
    format!(
        "get {options} --metadata -v -m {concurrency} {} --url {}",
        combo.options(),
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
        // Two pending signals of one kind may be merged, and two of different kinds may arrive in either order.
        process.signal(Signal::INT);
        process.signal(Signal::TERM);
        let code = process.code();
        assert!(matches!(code, Some(130 | 143)), "{code:?} {}", combo.name());
        let saved = sandbox.saved();
        assert!(
            !saved.iter().any(|name| is_temporary(name)),
            "{}: {saved:?}",
            combo.name()
        );
    }
}

/// What the server sees of the request for AA, which gets no response.
enum SeenOfAa {
    Request,
    /// The connection ended, by a FIN unless there is an error.
    End(Option<ErrorKind>),
}

/// A server without flags. Runs until the test process ends.
fn server_without_response_for_aa() -> (String, Receiver<SeenOfAa>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, seen) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || serve_without_aa(stream, &sender));
        }
    });
    (url, seen)
}

fn serve_without_aa(stream: TcpStream, sender: &Sender<SeenOfAa>) {
    let mut peer = BufReader::new(stream);
    while let Ok(head) = head(&mut peer)
        && let Some(line) = head.first()
    {
        if line.contains("/aa/") {
            sender.send(SeenOfAa::Request).unwrap();
            let end = peer.read(&mut [0]).map_err(|error| error.kind());
            sender.send(SeenOfAa::End(end.err())).unwrap();
            return;
        }
        let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        let _ = peer.get_mut().write_all(missing);
    }
}

fn assert_reset(seen: &Receiver<SeenOfAa>, combo: Combo) {
    let end = seen.recv_timeout(DEADLINE).unwrap();
    let is_reset = matches!(end, SeenOfAa::End(Some(ErrorKind::ConnectionReset)));
    assert!(is_reset, "{}", combo.name());
}

#[test]
fn killed_client_resets_its_connections() {
    for combo in Combo::all() {
        let (url, seen) = server_without_response_for_aa();
        let (sandbox, options) = (Sandbox::new(), combo.options());
        let mut process = sandbox.start(&format!("get AA {options} --url {url}"));
        seen.recv_timeout(DEADLINE).unwrap();
        process.kill();
        assert_reset(&seen, combo);
    }
}

/// The event loop that would cancel the request is blocked.
#[test]
fn second_signal_resets_connections() {
    let combo = Combo::all()
        .into_iter()
        .find(|combo| combo.strategy.name() == "async");
    let combo = combo.unwrap();
    let (url, seen) = server_without_response_for_aa();
    let sandbox = Sandbox::new();
    let line = format!("get --every -v --strategy async --url {url}");
    let mut process = BlockedGet::start(&sandbox, &line);
    process.wait();
    seen.recv_timeout(DEADLINE).unwrap();
    process.signal(Signal::INT);
    process.signal(Signal::TERM);
    assert_eq!(process.code(), Some(143));
    assert_reset(&seen, combo);
}
