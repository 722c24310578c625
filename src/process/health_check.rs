//! Whether the control plane of a server answers.

use crate::control_client::ControlClient;
use crate::control_client::call::{ControlCall, TEXT};
use crate::process::child_process::MAX_MISSED;
use flagpole_protocol::ControlOperation;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

/// Far longer than it takes to miss too many pings.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Pings a server and counts the pings since its last reply. Pings are counted, not seconds, so that stopping both
/// processes (SIGSTOP) is not a failure.
#[derive(Default)]
pub(super) struct HealthCheck {
    pings_since_reply: u32,
    /// Receives whether the call that was made last was answered.
    call: Option<Receiver<bool>>,
}

impl HealthCheck {
    /// Sends a ping, unless an earlier one waits for its reply; returns whether the server counts as responsive.
    pub(super) fn ping(&mut self, client: &ControlClient) -> bool {
        self.receive();
        self.pings_since_reply += 1;
        if self.call.is_none() {
            self.call = Some(call(client.clone()));
        }
        self.pings_since_reply <= MAX_MISSED
    }

    fn receive(&mut self) {
        match self.call.as_ref().map(Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(Ok(true)) => (self.pings_since_reply, self.call) = (0, None),
            // A failed call is not the reply to a ping.
            Some(Ok(false) | Err(TryRecvError::Disconnected)) => self.call = None,
        }
    }
}

/// Calls the server on a separate thread, which ends with the connection at the latest.
fn call(client: ControlClient) -> Receiver<bool> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let health = ControlCall::new(ControlOperation::CheckHealth).answer(TEXT);
        // Sending fails if the check has ended.
        let _ = sender.send(client.call(&health, TIMEOUT).is_ok());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_server::{BlockingServer, ControlPlane};
    use std::net::TcpListener;

    #[test]
    fn server_that_does_not_reply_is_unresponsive_after_some_pings() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let client = ControlClient::new(address.parse().unwrap());
        let mut health = HealthCheck::default();
        let replies: Vec<_> = (0..7).map(|_| health.ping(&client)).collect();
        assert_eq!(replies, [true, true, true, true, true, false, false]);
    }

    #[test]
    fn a_reply_starts_the_count_again() {
        let server = BlockingServer::builder().start().unwrap();
        let control = ControlPlane::builder([server.control()]).start().unwrap();
        let client = ControlClient::new(control.url().parse().unwrap());
        let mut health = HealthCheck::default();
        for _ in 0..2 * MAX_MISSED {
            assert!(health.ping(&client));
            while health.call.is_some() {
                thread::sleep(Duration::from_millis(1));
                health.receive();
            }
            assert_eq!(health.pings_since_reply, 0);
        }
    }
}
