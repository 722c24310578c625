//! The configuration and counters of one listener, shared by its workers.

use crate::content::site::Site;
use crate::fate::request_counters::Counts;
use crate::fate::rule_set::RuleSet;
use crate::limits::admission::ListenerLimits;
use crate::observe::journal::Journal;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// What the workers of a listener share.
#[derive(Debug)]
pub(crate) struct SharedListener {
    pub(crate) site: Arc<Site>,
    pub(crate) rule_set: RuleSet,
    pub(crate) limits: ListenerLimits,
    /// No rule, fault, delay or limit applies; precomputed, because every request checks it.
    pub(crate) passthrough: bool,
    pub(crate) counters: Counts,
    /// One permit for each connection that may be open.
    pub(crate) connection_permits: Arc<Semaphore>,
    pub(crate) max_connections: usize,
    /// Maximum number of journal entries in each worker's ledger.
    pub(crate) journal_capacity: usize,
    pub(crate) journal: Option<Journal>,
    /// Server start; time windows of rules count from it.
    pub(crate) start: Instant,
}

impl SharedListener {
    /// Whether journal entries are recorded.
    pub(crate) fn logs_requests(&self) -> bool {
        self.journal_capacity > 0 || self.journal.is_some()
    }

    /// Whether no connection is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.connection_permits.available_permits() == self.max_connections
    }
}
