//! The live view on a terminal: keys pause and end the run, and the terminal is restored.

use crate::harness::{FLAGPOLE, wait_until};
use crate::servers::server_with;
use flagpole_server::BlockingServer;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// A run on a pseudo terminal; killed on drop.
struct TerminalRun {
    run: Child,
    keyboard: File,
    terminal: File,
    /// What was written to the terminal so far.
    screen: Arc<Mutex<String>>,
}

impl TerminalRun {
    fn start(server: &BlockingServer) -> TerminalRun {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let keyboard = openpt(flags).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keyboard, size).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let mut open = File::options();
        let terminal = open
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let clone = || Stdio::from(terminal.try_clone().unwrap());
        let url = format!("{}/flags/br/br.gif", server.url());
        let run = Command::new("setsid")
            .args(["--ctty", FLAGPOLE, "load", &url, "-z", "1h", "-c", "2"])
            .env("TERM", "xterm")
            .stdin(clone())
            .stdout(Stdio::null())
            .stderr(clone())
            .spawn();
        let keyboard = File::from(keyboard);
        let screen = Arc::new(Mutex::new(String::new()));
        let (mut reader, written) = (keyboard.try_clone().unwrap(), screen.clone());
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut part) {
                let text = String::from_utf8_lossy(&part[..length]);
                written.lock().unwrap().push_str(&text);
            }
        });
        TerminalRun {
            run: run.unwrap(),
            keyboard,
            terminal,
            screen,
        }
    }

    fn wait_for(&self, text: &str) {
        wait_until(text, || self.screen.lock().unwrap().contains(text));
    }

    fn press(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).unwrap();
    }

    /// Waits for the end, and that the terminal shows lines and echoes again.
    fn assert_restored(&mut self) {
        wait_until("the run ends", || self.run.try_wait().unwrap().is_some());
        self.wait_for("\u{1b}[?1049l");
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON));
    }
}

impl Drop for TerminalRun {
    fn drop(&mut self) {
        // A process that has already ended is an error, and of no interest.
        let _ = self.run.kill();
        let _ = self.run.wait();
    }
}

#[test]
fn keys_pause_resume_and_quit() {
    let server = server_with("0", "");
    let mut run = TerminalRun::start(&server);
    run.wait_for("requests/s");
    wait_until("requests arrive", || server.ledger().requests > 0);
    run.press("p");
    run.wait_for("paused");
    let paused = server.ledger().requests;
    run.press("p");
    wait_until("requests arrive again", || {
        server.ledger().requests > paused
    });
    run.press("q");
    run.assert_restored();
}

#[test]
fn signal_restores_the_terminal() {
    let server = server_with("0", "");
    let mut run = TerminalRun::start(&server);
    run.wait_for("requests/s");
    kill_process(Pid::from_child(&run.run), Signal::TERM).unwrap();
    run.assert_restored();
}
