//! What a system can run out of.

use std::fmt;

/// What a system can run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemResource {
    /// Open files; each connection is one.
    FileDescriptors,
    /// Local ports to connect from.
    Ports,
}

impl SystemResource {
    /// How to get more.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            SystemResource::FileDescriptors => "raise the limit with `ulimit -n`",
            SystemResource::Ports => "widen `net.ipv4.ip_local_port_range`",
        }
    }
}

impl fmt::Display for SystemResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SystemResource::FileDescriptors => "open files",
            SystemResource::Ports => "ports",
        })
    }
}
