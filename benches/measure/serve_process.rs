//! A server in a process of its own, as a user has it: what it takes of the machine is not taken from
//! the client's threads, and its memory is not counted with theirs.

use flagpole_client::{Endpoint, Target};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A `flagpole serve` that ends with this.
pub(crate) struct ServeProcess {
    child: Child,
    pub(crate) endpoint: Endpoint,
}

impl ServeProcess {
    /// Serves with these options, on a port of the system's choice.
    pub(crate) fn start(options: &str) -> ServeProcess {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flagpole"))
            .args(["serve", "--child", "--port", "0"])
            .args(options.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo has built it");
        let mut greeting = String::new();
        let out = child.stdout.as_mut().expect("it is piped");
        BufReader::new(out)
            .read_line(&mut greeting)
            .expect("what a pipe holds can be read");
        let url = greeting.split('"').nth(3);
        let url = url.unwrap_or_else(|| panic!("the server did not start: {greeting}"));
        let target: Target = url.parse().expect("a server knows its own URL");
        let endpoint = target.resolve().expect("an address needs no look-up");
        ServeProcess { child, endpoint }
    }
}

impl Drop for ServeProcess {
    /// It stops when its standard input closes.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // A child that can not be waited for is none any more.
        let _ = self.child.wait();
    }
}
