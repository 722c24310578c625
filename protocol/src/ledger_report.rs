//! The answer of the control plane to `GET /ledger` and `POST /reset`.

use crate::ledger_document::LedgerDocument;
use serde::{Deserialize, Serialize};

/// The ledgers of the listeners.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerReport {
    /// One for each listener, in the order of the profile.
    pub listeners: Vec<ListenerLedger>,
    /// What the process used since the previous reset; absent from `GET /ledger`, and if it is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessUsage>,
}

/// The ledger of a listener.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListenerLedger {
    /// The name of the listener; null without one.
    pub name: Option<String>,
    /// The root URL of its site.
    pub url: String,
    /// Its counts.
    pub ledger: LedgerDocument,
}

/// What a process used of the processors in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessUsage {
    /// CPU time, user and system, in microseconds.
    pub cpu_us: u64,
    /// How long the busiest thread could run and waited for a processor, in microseconds; null if the system does not
    /// report it.
    pub run_queue_us: Option<u64>,
}

impl LedgerReport {
    /// A report of these ledgers.
    pub fn new(listeners: Vec<ListenerLedger>, process: Option<ProcessUsage>) -> LedgerReport {
        LedgerReport { listeners, process }
    }
}

impl ListenerLedger {
    /// The ledger of the listener with this name and URL.
    pub fn new(name: Option<String>, url: String, ledger: LedgerDocument) -> ListenerLedger {
        ListenerLedger { name, url, ledger }
    }
}
