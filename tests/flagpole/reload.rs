//! SIGHUP: `flagpole serve` reads the file of its profile again, or stops.

use crate::harness::{RunningCommand, Sandbox};
use crate::servers::RawClient;
use rustix::process::Signal;
use std::fs;

const READ: &str = "SIGHUP: read the profile again; requests follow it from now on\n";

fn start(sandbox: &Sandbox, profile: &str, options: &str) -> (RunningCommand, String) {
    fs::write(sandbox.path("p.toml"), profile).unwrap();
    let line = format!("serve --profile ./p.toml --port 0 {options}");
    let mut process = sandbox.start(&line);
    let url = process.url();
    (process, url)
}

/// Changes the file and sends SIGHUP; returns the line about it.
fn reload(sandbox: &Sandbox, process: &mut RunningCommand, profile: &str) -> String {
    fs::write(sandbox.path("p.toml"), profile).unwrap();
    process.signal(Signal::HUP);
    process.stderr_line()
}

fn status(url: &str) -> u16 {
    let mut client = RawClient::connect(url);
    client.send_requests(1);
    client.read_status()
}

#[test]
fn profile_file_is_read_again_with_the_options_on_top() {
    let sandbox = Sandbox::new();
    let clean = "[[listener]]\nname = 'A'\n[[listener]]\nname = 'B'\n";
    let (mut process, a) = start(&sandbox, clean, "--fault B=503");
    let b = process.url();
    assert_eq!([status(&a), status(&b)], [200, 503]);
    let changed =
        "[[listener]]\nname = 'A'\nfaults = ['500']\n[[listener]]\nname = 'B'\nfaults = ['404']\n";
    assert_eq!(reload(&sandbox, &mut process, changed), READ);
    assert_eq!([status(&a), status(&b)], [500, 503]);
    assert_eq!(reload(&sandbox, &mut process, clean), READ);
    assert_eq!([status(&a), status(&b)], [200, 503]);
}

#[test]
fn invalid_or_other_profile_changes_nothing() {
    let sandbox = Sandbox::new();
    let (mut process, url) = start(&sandbox, "[[listener]]\nfaults = ['404']\n", "");
    for (profile, error) in [
        (
            "[[listener]]\nlatncy = '5ms'\n",
            "./p.toml:2:1: listener[0].latncy: unknown key `latncy`; did you mean `latency`?",
        ),
        (
            "[[listener]]\n[[listener]]\n",
            "expected 1 listener, got 2; their number cannot change while the server runs",
        ),
    ] {
        let line = reload(&sandbox, &mut process, profile);
        let expected =
            format!("flagpole: SIGHUP: the profile stays as it was: --profile: {error}\n");
        assert_eq!(line, expected);
        assert_eq!(status(&url), 404);
    }
    fs::remove_file(sandbox.path("p.toml")).unwrap();
    process.signal(Signal::HUP);
    let line = process.stderr_line();
    assert!(
        line.contains("./p.toml: No such file or directory"),
        "{line}"
    );
    assert_eq!(status(&url), 404);
    process.signal(Signal::TERM);
    process.finish().assert_code(0);
}

#[test]
fn server_without_a_profile_file_stops() {
    for options in ["--latency 0", "--profile flaky"] {
        let mut process = Sandbox::new().start(&format!("serve --port 0 {options}"));
        process.url();
        process.signal(Signal::HUP);
        let output = process.finish();
        output.assert_code(0);
        output.assert_stdout_contains("\nrequests   0 ");
    }
}

#[test]
fn after_the_first_signal_to_stop_sighup_stops_at_once() {
    let sandbox = Sandbox::new();
    let slow = "[[listener]]\n[[listener.rule]]\nn = 2\nlatency = '1h'\n";
    let (mut process, url) = start(&sandbox, slow, "--grace 1h");
    let mut client = RawClient::connect(&url);
    // One write: when the first response arrives, the second request has been parsed too.
    client.send_requests(2);
    assert_eq!(client.read_status(), 200);
    process.signal(Signal::TERM);
    let line = process.stderr_line();
    assert!(line.starts_with("Finishing requests"), "{line}");
    process.signal(Signal::HUP);
    process.finish().assert_code(129);
}

/// A process that is killed when the test fails.
#[cfg(target_os = "linux")]
struct Killed(std::process::Child);

#[cfg(target_os = "linux")]
impl Drop for Killed {
    fn drop(&mut self) {
        // Fails if the process has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server is the leader of a session with a terminal, as in a window that is closed.
#[cfg(target_os = "linux")]
#[test]
fn server_stops_when_its_terminal_is_closed() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Command, Stdio};

    let sandbox = Sandbox::new();
    fs::write(sandbox.path("p.toml"), "[[listener]]\n").unwrap();
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let mut pts = fs::File::options();
    let pts = pts.read(true).write(true).open(name.to_str().unwrap());
    let mut command = Command::new("setsid");
    command.args(["--ctty", crate::harness::FLAGPOLE, "serve", "--port", "0"]);
    command.args(["--profile", "./p.toml", "--format", "json"]);
    command.current_dir(sandbox.path("")).stdin(pts.unwrap());
    let mut server = Killed(command.stdout(Stdio::piped()).spawn().unwrap());
    drop(command);
    let mut stdout = BufReader::new(server.0.stdout.take().unwrap());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    drop(terminal);
    crate::harness::wait_until("the server ends", || server.0.try_wait().unwrap().is_some());
    assert!(server.0.wait().unwrap().success());
    stdout.read_to_string(&mut text).unwrap();
    assert!(text.contains("\n{\"event\":\"stopped\","), "{text}");
}
