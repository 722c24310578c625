//! Heartbeat with a child process: the parent writes `?`, the child replies with an empty line. All other lines that a
//! child writes are JSON, so no other line is empty.

use std::io::{self, Write};
use std::time::Duration;

/// The time between two pings.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// The number of pings without a reply after which the child counts as hung. Pings are counted, not seconds, so that
/// stopping both processes (SIGSTOP) is not a failure.
const MAX_MISSED: u32 = 5;

const PING: &str = "?";

/// The parent's side of the heartbeat.
#[derive(Default)]
pub(crate) struct Heartbeat {
    pings_since_reply: u32,
}

impl Heartbeat {
    /// The child has written something.
    pub(crate) fn on_reply(&mut self) {
        self.pings_since_reply = 0;
    }

    /// Sends a ping.
    pub(crate) fn ping(&mut self, input: &mut impl Write) {
        // A write fails if the child has exited; the reader of its output notices the exit.
        let _ = writeln!(input, "{PING}");
        self.pings_since_reply += 1;
    }

    /// Whether too many pings have no reply.
    pub(crate) fn is_lost(&self) -> bool {
        self.pings_since_reply > MAX_MISSED
    }
}

/// In the child: replies to pings until standard input closes, and passes other lines to `on_line`.
pub(crate) fn listen(on_line: impl Fn(&str)) {
    for line in io::stdin().lines().map_while(Result::ok) {
        if line != PING {
            on_line(&line);
            continue;
        }
        let mut out = io::stdout().lock();
        // A write fails if the parent has exited; then standard input closes too.
        let _ = out.write_all(b"\n").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeat_resets_on_reply() {
        let mut pings = Vec::new();
        let mut heartbeat = Heartbeat::default();
        for _ in 0..3 {
            for _ in 0..MAX_MISSED {
                heartbeat.ping(&mut pings);
                assert!(!heartbeat.is_lost());
            }
            heartbeat.on_reply();
        }
        for missed in 1..=MAX_MISSED + 1 {
            heartbeat.ping(&mut pings);
            assert_eq!(heartbeat.is_lost(), missed > MAX_MISSED);
        }
        assert_eq!(pings, b"?\n".repeat(pings.len() / 2));
    }
}
