//! A server in a process of its own, as users run it, so that its processor time and memory are not counted
//! with those of the client.

use flagpole_client::{Endpoint, Target};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A `flagpole serve` process that ends when this value is dropped.
pub(crate) struct ServeProcess {
    child: Child,
    pub(crate) endpoint: Endpoint,
}

impl ServeProcess {
    /// Starts a server with these options on a free port.
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
            .expect("the pipe of the server can be read");
        let url = greeting.split('"').nth(3);
        let url = url.unwrap_or_else(|| panic!("the server did not start: {greeting}"));
        let target: Target = url.parse().expect("a server knows its own URL");
        let endpoint = target
            .resolve()
            .expect("an IP address needs no name lookup");
        ServeProcess { child, endpoint }
    }
}

impl Drop for ServeProcess {
    /// The server stops when its standard input closes.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Waiting fails only if the child has already been reaped.
        let _ = self.child.wait();
    }
}
