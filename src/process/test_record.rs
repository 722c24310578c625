//! An attempt record for tests.

use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, Resource};
use std::time::Duration;

/// The first attempt for a flag, which took 50 ms.
pub(crate) fn record(outcome: Outcome, status: Option<u16>) -> AttemptRecord {
    AttemptRecord {
        download: 0,
        attempt: 0,
        kind: AttemptKind::First,
        decides: true,
        resource: Resource::Flag("BR".parse().unwrap()),
        nth: 0,
        lane: None,
        backoff: Duration::ZERO,
        due: Duration::ZERO,
        sent: Duration::ZERO,
        reused: false,
        first_byte: None,
        done: Duration::from_millis(50),
        outcome,
        status,
        bytes: 0,
        wasted: 0,
        timing: None,
    }
}
