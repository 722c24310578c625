//! Which resource ran out when a connection could not be opened.

use serde::{Deserialize, Serialize};

/// Why a connection could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectFailureCause {
    /// The limit on open files of the process or of the system was reached (EMFILE, ENFILE).
    OutOfFileDescriptors,
    /// No local port was free, or the address is not available (EADDRNOTAVAIL).
    OutOfPorts,
    /// Any other error.
    Other,
}
