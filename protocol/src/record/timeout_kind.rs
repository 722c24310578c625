//! Which timeout ended an attempt.

/// The timeout that an exchange exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeoutKind {
    /// Connecting took too long.
    Connect,
    /// The first byte of the response came too late.
    FirstByte,
    /// The whole exchange (connecting, head and body) took too long.
    Whole,
}
