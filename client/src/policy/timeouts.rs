//! Time limits of an attempt.

use std::time::Duration;

/// Time limits of an attempt; `None`: no limit. Interim responses (1xx) neither satisfy nor extend a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For opening a connection to one address of the server; does not apply to reused connections.
    pub connect: Option<Duration>,
    /// For the first byte of the response, from when the request was given to the connection.
    pub first_byte: Option<Duration>,
    /// For the whole attempt: connecting, head and body.
    pub total: Option<Duration>,
    /// For the time without a byte of the response, from when the request was sent.
    pub stall: Option<Duration>,
    /// For a body that arrives slowly.
    pub speed: Option<SpeedLimit>,
}

impl Timeouts {
    /// No limits: the default, as a constant.
    pub const NONE: Timeouts = Timeouts {
        connect: None,
        first_byte: None,
        total: None,
        stall: None,
        speed: None,
    };
}

/// An attempt ends if fewer body bytes arrive than this, on average over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeedLimit {
    /// The lowest speed that is accepted, in bytes per second, above 0.
    pub bytes_per_second: u64,
    /// The period over which the speed is measured, above 0.
    pub over: Duration,
}

impl SpeedLimit {
    /// Whether this number of bytes in a period is enough.
    pub(crate) fn is_reached(self, bytes: u64) -> bool {
        // Compared as products, so that nothing is rounded.
        let nanos_per_second = Duration::from_secs(1).as_nanos();
        u128::from(bytes) * nanos_per_second
            >= u128::from(self.bytes_per_second) * self.over.as_nanos()
    }
}
