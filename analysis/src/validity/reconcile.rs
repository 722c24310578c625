//! Whether the client's records and the server's ledger agree: the ledger (the server's counts of everything) has
//! every attempt that reached the server, and nothing else.

use crate::human::plural;
use flagpole_protocol::AttemptRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A count in which client and server differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// Responses with this status; `None` for all requests.
    pub status: Option<u16>,
    /// The count in the client's records; if several counts are possible, the nearest to the server's.
    pub client: u64,
    /// The count in the server's ledger.
    pub server: u64,
}

/// What of the attempts of a run the server may have seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptCounts {
    /// Attempts by the status of their response.
    pub by_status: BTreeMap<u16, u64>,
    /// Attempts without a status whose request may have reached the server.
    pub without_status: u64,
}

/// The first difference between the records of a run and the ledger's counts of requests and of responses by status.
///
/// An attempt with a status is in the ledger, one without a connection is not. All others may be: the server may have
/// parsed a request that the client abandoned, and may have started a response that never arrived.
pub fn first_mismatch(
    records: &[AttemptRecord],
    requests: u64,
    by_status: &BTreeMap<u16, u64>,
) -> Option<Mismatch> {
    let mut counts = AttemptCounts::default();
    for status in records.iter().filter_map(|record| record.status) {
        *counts.by_status.entry(status).or_default() += 1;
    }
    let without_status = records.iter().filter(|record| may_have_arrived(record));
    counts.without_status = without_status.count() as u64;
    counts.first_mismatch(requests, by_status)
}

impl AttemptCounts {
    /// The first difference to the ledger's counts, as [`first_mismatch`].
    pub fn first_mismatch(
        &self,
        requests: u64,
        by_status: &BTreeMap<u16, u64>,
    ) -> Option<Mismatch> {
        let (recorded, possible) = (&self.by_status, self.without_status);
        let certain: u64 = recorded.values().sum();
        let mismatch = |status, client, server| Mismatch {
            status,
            client,
            server,
        };
        if requests < certain || requests > certain + possible {
            let nearest = requests.clamp(certain, certain + possible);
            return Some(mismatch(None, nearest, requests));
        }
        // Responses that no client saw belong to attempts without a status.
        let mut unassigned = possible;
        let statuses: BTreeSet<u16> = recorded.keys().chain(by_status.keys()).copied().collect();
        for status in statuses {
            let count = |counts: &BTreeMap<u16, u64>| counts.get(&status).copied().unwrap_or(0);
            let (client, server) = (count(recorded), count(by_status));
            let Some(rest) = server
                .checked_sub(client)
                .and_then(|more| unassigned.checked_sub(more))
            else {
                return Some(mismatch(Some(status), client, server));
            };
            unassigned = rest;
        }
        None
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { client, server, .. } = self;
        match self.status {
            None => write!(f, "{} that reached the server", plural(*client, "attempt"))?,
            Some(status) => {
                write!(f, "{} with status {status}", plural(*client, "response"))?;
            }
        }
        write!(f, ", the server's ledger has {server}")
    }
}

/// Whether an attempt without a status may be in the server's ledger.
fn may_have_arrived(record: &AttemptRecord) -> bool {
    record.status.is_none() && record.outcome.may_have_arrived()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::{Outcome, TimeoutKind};
    use std::time::Duration;

    fn response(status: u16) -> AttemptRecord {
        AttemptRecord {
            status: Some(status),
            ..record(1, Outcome::from_status(status), None)
        }
    }

    fn without_status(outcome: Outcome) -> AttemptRecord {
        record(1, outcome, None)
    }

    fn check(
        records: &[AttemptRecord],
        requests: u64,
        by_status: &[(u16, u64)],
    ) -> Option<Mismatch> {
        first_mismatch(records, requests, &by_status.iter().copied().collect())
    }

    fn mismatch(status: Option<u16>, client: u64, server: u64) -> Mismatch {
        Mismatch {
            status,
            client,
            server,
        }
    }

    #[test]
    fn attempts_with_a_status_must_agree_exactly() {
        let records = [response(200), response(200), response(404)];
        assert_eq!(check(&records, 3, &[(200, 2), (404, 1)]), None);
        let other = check(&records, 3, &[(200, 1), (404, 2)]);
        assert_eq!(other, Some(mismatch(Some(200), 2, 1)));
        let other = check(&records, 4, &[(200, 2), (404, 1)]);
        assert_eq!(other, Some(mismatch(None, 3, 4)));
        assert_eq!(check(&records, 2, &[(200, 2)]), Some(mismatch(None, 3, 2)));
        let unseen = check(&records, 3, &[(200, 2), (404, 1), (500, 1)]);
        assert_eq!(unseen, Some(mismatch(Some(500), 0, 1)));
    }

    #[test]
    fn attempt_without_a_status_allows_one_difference() {
        let timed_out = without_status(Outcome::Timeout(
            TimeoutKind::Total,
            Duration::from_millis(1),
        ));
        let records = [response(200), response(500), timed_out];
        for (requests, by_status) in [
            (2, [(200, 1), (500, 1)]),
            (3, [(200, 1), (500, 1)]),
            (3, [(200, 2), (500, 1)]),
            (3, [(200, 1), (500, 2)]),
        ] {
            assert_eq!(check(&records, requests, &by_status), None);
        }
        let both = check(&records, 3, &[(200, 2), (500, 2)]);
        assert_eq!(both, Some(mismatch(Some(500), 1, 2)));
        let other = check(&records, 3, &[(200, 2), (500, 0)]);
        assert_eq!(other, Some(mismatch(Some(500), 1, 0)));
        assert_eq!(
            check(&records, 4, &[(200, 1), (500, 1)]),
            Some(mismatch(None, 3, 4))
        );
    }

    #[test]
    fn attempt_without_a_connection_is_in_no_ledger() {
        let limit = Duration::from_millis(1);
        for outcome in [
            Outcome::ConnectionRefused,
            Outcome::ConnectFailed {
                cause: flagpole_protocol::ConnectFailureCause::OutOfPorts,
                message: "no port".into(),
            },
            Outcome::Timeout(TimeoutKind::Connect, limit),
            Outcome::CircuitOpen,
        ] {
            let records = [response(200), without_status(outcome)];
            assert_eq!(check(&records, 1, &[(200, 1)]), None);
            assert_eq!(check(&records, 2, &[(200, 2)]), Some(mismatch(None, 1, 2)));
        }
    }
}
