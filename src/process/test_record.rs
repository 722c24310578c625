//! An attempt record for tests.

use flagpole_protocol::{AttemptRecord, Outcome, Resource};
use std::time::Duration;

/// An attempt at a flag that took 50 ms.
pub(crate) fn record(outcome: Outcome, status: Option<u16>) -> AttemptRecord {
    AttemptRecord {
        done: Duration::from_millis(50),
        status,
        ..AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
    }
}
