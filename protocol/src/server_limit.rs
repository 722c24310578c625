//! The limits of a server on what its peers can make grow or wait.

use std::fmt;

/// A limit of a server on connections and requests. Limits on the rate and the concurrency of requests are causes of
/// responses instead: [`Cause`](crate::Cause).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ServerLimit {
    /// The number of open connections; further ones wait.
    Connections,
    /// The size of a request head; 431, or 414 if the target alone is too long.
    HeadSize,
    /// The number of fields of a request; 431.
    Fields,
    /// The time for a request head; 408.
    HeadTime,
    /// The size of a request body; 413.
    RequestBody,
    /// The time between two requests on a connection.
    KeepAlive,
    /// The time in which a peer reads nothing of a response.
    WriteTime,
    /// The number of open files of the process; connections wait to be accepted.
    OpenFiles,
}

impl ServerLimit {
    /// As in the ledger.
    pub const fn label(self) -> &'static str {
        match self {
            ServerLimit::Connections => "connections",
            ServerLimit::HeadSize => "head size",
            ServerLimit::Fields => "fields",
            ServerLimit::HeadTime => "head time",
            ServerLimit::RequestBody => "request body",
            ServerLimit::KeepAlive => "keep-alive time",
            ServerLimit::WriteTime => "write time",
            ServerLimit::OpenFiles => "open files",
        }
    }
}

impl fmt::Display for ServerLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
