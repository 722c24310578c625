//! Intervals and limits of a worker.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) heartbeat: Duration,
    pub(crate) report: Duration,
    /// After this time without an `ack`, `client_ready` is sent again.
    pub(crate) ready_again: Duration,
    /// The delay of the second attempt to connect; it doubles with each attempt.
    pub(crate) first_delay: Duration,
    pub(crate) longest_delay: Duration,
    /// Of one attempt to connect.
    pub(crate) attempt: Duration,
    /// A master that answers no heartbeat for this long is lost.
    pub(crate) master_timeout: Duration,
    /// How long a master is looked for, at the start and when it is lost.
    pub(crate) reconnect_timeout: Duration,
    /// How long numbers of users may take to change before they are reported as they are.
    pub(crate) apply: Duration,
    /// The least time for requests in flight to end at a `stop`.
    pub(crate) least_grace: Duration,
    /// The time for requests in flight to end at a `quit`: the master listens for 0.5 s.
    pub(crate) quit_grace: Duration,
    /// How much longer than its grace a run may take to end.
    pub(crate) overrun: Duration,
    /// How long the answer may take that proves the last report.
    pub(crate) confirm: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        let ms = Duration::from_millis;
        Timing {
            heartbeat: ms(1000),
            report: ms(3000),
            ready_again: ms(5000),
            first_delay: ms(100),
            longest_delay: ms(5000),
            attempt: ms(5000),
            master_timeout: ms(60_000),
            reconnect_timeout: ms(60_000),
            apply: ms(800),
            least_grace: ms(1000),
            quit_grace: ms(300),
            overrun: ms(5000),
            confirm: ms(5000),
        }
    }
}
