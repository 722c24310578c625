//! `flagpole ctl`, against servers of this process.

mod errors;
mod journal;
mod ledgers;
mod profile;
mod verify;

use crate::harness::{CommandOutput, DEADLINE, FLAGPOLE};
use crate::servers::RawClient;
use flagpole_server::{BlockingServer, ControlPlane};

/// A server with a control plane.
struct Controlled {
    server: BlockingServer,
    control: ControlPlane,
}

impl Controlled {
    fn new(latency: &str) -> Controlled {
        let server = BlockingServer::builder()
            .latency(latency.parse().unwrap())
            .journal_capacity(1000)
            .start()
            .unwrap();
        let control = ControlPlane::builder([server.control()]).start().unwrap();
        Controlled { server, control }
    }

    /// Runs `flagpole ctl` with these words.
    fn ctl(&self, words: &[&str]) -> CommandOutput {
        self.ctl_with_input(words, "")
    }

    fn ctl_with_input(&self, words: &[&str], input: &str) -> CommandOutput {
        let mut command = assert_cmd::Command::new(FLAGPOLE);
        let command = command.arg("ctl").args(words).write_stdin(input);
        let command = command.env("FLAGPOLE_CONTROL", self.control.url());
        command.timeout(DEADLINE).output().unwrap().into()
    }

    /// Requests that are over.
    fn request(&self, count: u64) {
        let before = self.server.requests_over();
        for _ in 0..count {
            let mut client = RawClient::connect(&self.server.url());
            client.write("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assert_eq!(client.read_status(), 200);
        }
        assert!(self.server.wait(before + count, DEADLINE));
    }
}
