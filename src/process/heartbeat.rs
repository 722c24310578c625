//! Heartbeat with a child process: the parent writes `?`, the child replies with an empty line. Results are JSON, in
//! which an empty line means nothing.

use std::io::{self, Write};
use std::time::Duration;

/// The time between two pings.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// Missed pings before the child counts as hung. Pings are counted, not seconds, so that SIGSTOP of the process group is
/// not a failure.
const MAX_MISSED: u32 = 5;

const PING: &str = "?";

/// The pings since the last reply.
#[derive(Default)]
pub(crate) struct Heartbeat(u32);

impl Heartbeat {
    /// The child has written something.
    pub(crate) fn pong(&mut self) {
        self.0 = 0;
    }

    /// Sends a ping; true if the child is unresponsive.
    pub(crate) fn ping_or_lost(&mut self, input: &mut impl Write) -> bool {
        // A write fails if the child has exited, which its closed output tells.
        let _ = writeln!(input, "{PING}");
        self.0 += 1;
        self.0 > MAX_MISSED
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
                assert!(!heartbeat.ping_or_lost(&mut pings));
            }
            heartbeat.pong();
        }
        let lost = (0..=MAX_MISSED).map(|_| heartbeat.ping_or_lost(&mut pings));
        assert_eq!(lost.filter(|lost| *lost).count(), 1, "the last");
        assert_eq!(pings, b"?\n".repeat(pings.len() / 2));
    }
}
