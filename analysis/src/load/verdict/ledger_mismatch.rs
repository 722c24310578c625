//! `ledger_mismatch`: the records of the client and the ledger of flagpole's own server differ.

use crate::load::observed::ObservedLoad;
use crate::validity::{AttemptCounts, ValidityIssue};

/// Invalid: one of the two counted wrong, or another client used the server.
pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    let server = observed.server.as_ref()?;
    let mut stats = observed.stats.clone();
    stats += &observed.warm_up;
    let counts = AttemptCounts {
        by_status: stats.statuses,
        without_status: stats.without_status,
    };
    let mismatch = counts.first_mismatch(server.requests, &server.by_status)?;
    let message = format!("the client recorded {mismatch}; is another client using the server?");
    Some(ValidityIssue::invalid("ledger_mismatch", message))
}
