//! The limits on connections and requests: what peers can make grow or wait.

use std::time::Duration;

/// Limits on what peers can make grow or wait; the default of each is in its description.
///
/// ```
/// use flagpole_server::{BlockingServer, ConnectionLimits};
/// use std::time::Duration;
///
/// let mut limits = ConnectionLimits::default();
/// limits.keep_alive_timeout = Duration::from_secs(2);
/// let server = BlockingServer::builder().connection_limits(limits).start()?;
/// # Ok::<(), flagpole_server::StartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Maximum number of open connections; further ones wait until one is closed. 10,000.
    pub connections: usize,
    /// Maximum size of a request head in bytes, from [`MIN_HEAD_SIZE`](ConnectionLimits::MIN_HEAD_SIZE); a longer one gets
    /// 431, or 414 if its target alone is longer. 65,536.
    pub head_size: usize,
    /// Maximum number of fields of a request, up to [`MAX_FIELDS`](ConnectionLimits::MAX_FIELDS); 431. 100.
    pub fields: usize,
    /// Maximum time from the first byte of a request head to its last, from connecting to the first byte, and between two
    /// pieces of a request body; 408. Accurate to a second. 60 s.
    pub head_timeout: Duration,
    /// Maximum size of a request body in bytes; 413 if the request announces a larger one, otherwise the connection ends
    /// after the response. 64 MiB.
    pub request_body: u64,
    /// Maximum time from a response to the next request on the connection, which is then closed. Accurate to a second.
    /// 75 s.
    pub keep_alive_timeout: Duration,
    /// Maximum time in which a peer reads nothing of a response, whose connection is then reset. Accurate to a second.
    /// 60 s.
    pub write_timeout: Duration,
}

impl ConnectionLimits {
    /// The smallest size of a request head: hyper's buffer is never smaller.
    pub const MIN_HEAD_SIZE: usize = 8 << 10;

    /// The largest number of fields: a header map holds at most 24,576, and panics at more.
    pub const MAX_FIELDS: usize = 10_000;

    /// The number of fields that hyper permits by default; another one makes it allocate for each request.
    pub(crate) const DEFAULT_FIELDS: usize = 100;
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        ConnectionLimits {
            connections: 10_000,
            head_size: 64 << 10,
            fields: ConnectionLimits::DEFAULT_FIELDS,
            head_timeout: Duration::from_secs(60),
            request_body: 64 << 20,
            keep_alive_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(60),
        }
    }
}
