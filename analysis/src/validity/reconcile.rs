//! Whether client and server tell the same story of a run: every attempt that reached the server is in
//! its ledger, and nothing else is.

use flagpole_protocol::AttemptRecord;
use flagpole_protocol::Outcome;
use flagpole_protocol::TimeoutKind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A figure of which they tell different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Answers of this status; all requests if there is none.
    pub status: Option<u16>,
    /// How many there were by the client's records, at least or at most.
    pub client: u64,
    /// How many by the server's ledger.
    pub server: u64,
}

/// The first figure of which a run's records and the server's ledger, its requests and the answers that it
/// began by their status, tell different things.
///
/// An attempt with a status certainly is in the ledger, and one that never had a connection is not. All others
/// may be: the server may have parsed what was given up, and may have begun an answer that never came.
pub fn disagreement(
    records: &[AttemptRecord],
    requests: u64,
    by_status: &BTreeMap<u16, u64>,
) -> Option<Mismatch> {
    let mut seen: BTreeMap<u16, u64> = BTreeMap::new();
    for status in records.iter().filter_map(|record| record.status) {
        *seen.entry(status).or_default() += 1;
    }
    let certain: u64 = seen.values().sum();
    let open = records.iter().filter(|record| may_have_arrived(record));
    let open = open.count() as u64;
    let differs = |status, client, server| Mismatch {
        status,
        client,
        server,
    };
    if requests < certain || requests > certain + open {
        let nearest = requests.clamp(certain, certain + open);
        return Some(differs(None, nearest, requests));
    }
    // What the server began beyond what was seen was begun for attempts without a status.
    let mut left = open;
    let statuses: BTreeSet<u16> = seen.keys().chain(by_status.keys()).copied().collect();
    for status in statuses {
        let count = |counts: &BTreeMap<u16, u64>| counts.get(&status).copied().unwrap_or(0);
        let (client, server) = (count(&seen), count(by_status));
        let Some(rest) = server
            .checked_sub(client)
            .and_then(|more| left.checked_sub(more))
        else {
            return Some(differs(Some(status), client, server));
        };
        left = rest;
    }
    None
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { client, server, .. } = self;
        match self.status {
            None => write!(f, "{client} attempts that reached the server")?,
            Some(status) => write!(f, "{client} answers of status {status}")?,
        }
        write!(f, ", and the server's ledger has {server}")
    }
}

/// Whether an attempt without a status may be in the server's ledger.
fn may_have_arrived(record: &AttemptRecord) -> bool {
    let is_unconnected = matches!(
        record.outcome,
        Outcome::ConnectionRefused
            | Outcome::ConnectFailed { .. }
            | Outcome::Timeout(TimeoutKind::Connect, _)
    );
    record.status.is_none() && !is_unconnected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use std::time::Duration;

    fn answered(status: u16) -> AttemptRecord {
        AttemptRecord {
            status: Some(status),
            ..record(1, Outcome::from_status(status), None)
        }
    }

    fn ended(outcome: Outcome) -> AttemptRecord {
        record(1, outcome, None)
    }

    fn told(
        records: &[AttemptRecord],
        requests: u64,
        by_status: &[(u16, u64)],
    ) -> Option<Mismatch> {
        disagreement(records, requests, &by_status.iter().copied().collect())
    }

    fn differ(status: Option<u16>, client: u64, server: u64) -> Mismatch {
        Mismatch {
            status,
            client,
            server,
        }
    }

    #[test]
    fn where_every_attempt_was_answered_all_must_be_the_same() {
        let records = [answered(200), answered(200), answered(404)];
        assert_eq!(told(&records, 3, &[(200, 2), (404, 1)]), None);
        let other = told(&records, 3, &[(200, 1), (404, 2)]);
        assert_eq!(other, Some(differ(Some(200), 2, 1)));
        let other = told(&records, 4, &[(200, 2), (404, 1)]);
        assert_eq!(other, Some(differ(None, 3, 4)));
        assert_eq!(told(&records, 2, &[(200, 2)]), Some(differ(None, 3, 2)));
        let unheard = told(&records, 3, &[(200, 2), (404, 1), (500, 1)]);
        assert_eq!(unheard, Some(differ(Some(500), 0, 1)));
    }

    #[test]
    fn one_attempt_without_a_status_leaves_room_for_one_and_no_more() {
        let given_up = ended(Outcome::Timeout(
            TimeoutKind::Total,
            Duration::from_millis(1),
        ));
        let records = [answered(200), answered(500), given_up];
        for (requests, by_status) in [
            (2, [(200, 1), (500, 1)]),
            (3, [(200, 1), (500, 1)]),
            (3, [(200, 2), (500, 1)]),
            (3, [(200, 1), (500, 2)]),
        ] {
            assert_eq!(told(&records, requests, &by_status), None);
        }
        let both = told(&records, 3, &[(200, 2), (500, 2)]);
        assert_eq!(both, Some(differ(Some(500), 1, 2)));
        let other = told(&records, 3, &[(200, 2), (500, 0)]);
        assert_eq!(other, Some(differ(Some(500), 1, 0)));
        assert_eq!(
            told(&records, 4, &[(200, 1), (500, 1)]),
            Some(differ(None, 3, 4))
        );
    }

    #[test]
    fn who_never_had_a_connection_is_in_no_ledger() {
        let limit = Duration::from_millis(1);
        for outcome in [
            Outcome::ConnectionRefused,
            Outcome::ConnectFailed {
                cause: flagpole_protocol::ConnectFailureCause::OutOfPorts,
                message: "no port".into(),
            },
            Outcome::Timeout(TimeoutKind::Connect, limit),
        ] {
            let records = [answered(200), ended(outcome)];
            assert_eq!(told(&records, 1, &[(200, 1)]), None);
            assert_eq!(told(&records, 2, &[(200, 2)]), Some(differ(None, 1, 2)));
        }
    }
}
