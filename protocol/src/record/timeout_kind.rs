//! Which timeout ended an attempt.

/// Which timeout an attempt exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeoutKind {
    /// Time to open the connection.
    Connect,
    /// Time to the first byte of the response.
    FirstByte,
    /// Time for the whole attempt: connecting, head and body.
    Total,
}
