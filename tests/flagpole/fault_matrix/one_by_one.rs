//! Compares the records of the clients with the journal and the ledger of the server, attempt by attempt.

use super::case::FaultCase;
use crate::agreement_util::TestRun;
use crate::servers::FinishedRequest;
use flagpole_protocol::{AttemptRecord, FateKey, Ledger, Outcome, ResponseEnd};
use flagpole_server::FaultSpec;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What attempt and request have in common: the run, the resource and the request number. The hops of a chain of redirects
/// have the same.
type Identity = (String, FateKey, u64);

/// An attempt as both sides know it.
type Pair<'a> = (&'a AttemptRecord, &'a FinishedRequest);

/// Every record has its request in the journal and every request its record; both say the same, and the ledger has
/// the sums.
pub(super) fn assert_one_by_one(
    case: &FaultCase,
    runs: &[TestRun],
    (ledger, requests): &(Ledger, Vec<FinishedRequest>),
) {
    let pairs = pairs(runs, requests);
    for pair in &pairs {
        assert_same(case, *pair);
    }
    let attempts: usize = runs.iter().map(|(_, run)| run.records.len()).sum();
    assert_connections(&pairs, (pairs.len() == attempts).then_some(ledger));
    assert_sums(ledger, requests);
}

/// The requests of the same identity are in their order.
fn pairs<'a>(runs: &'a [TestRun], requests: &'a [FinishedRequest]) -> Vec<Pair<'a>> {
    let mut requests: Vec<_> = requests.iter().collect();
    requests.sort_by_key(|(request, _)| request.id);
    let mut unmatched: BTreeMap<Identity, VecDeque<&FinishedRequest>> = BTreeMap::new();
    for finished in requests {
        let request = &finished.0;
        let run = request.run.as_deref().unwrap().to_owned();
        let identity = (
            run,
            request.resource.clone(),
            request.request_number.unwrap(),
        );
        unmatched.entry(identity).or_default().push_back(finished);
    }
    let mut pairs = Vec::new();
    for (combo, run) in runs {
        let mut records: Vec<_> = run.records.iter().collect();
        records.sort_by_key(|record| (record.download, record.attempt));
        for record in records {
            let identity = (combo.name(), record.resource.into(), record.request_number);
            match unmatched.get_mut(&identity).and_then(VecDeque::pop_front) {
                Some(request) => pairs.push((record, request)),
                None => assert!(may_be_lost(record), "not in the journal: {identity:?}"),
            }
        }
    }
    unmatched.retain(|_, requests| !requests.is_empty());
    assert!(unmatched.is_empty(), "not in the records: {unmatched:?}");
    pairs
}

/// A client may give up before the server has read the request.
fn may_be_lost(record: &AttemptRecord) -> bool {
    matches!(record.outcome, Outcome::Timeout(..)) && record.status.is_none()
}

fn assert_same(case: &FaultCase, (record, (request, outcome)): Pair<'_>) {
    let context = || format!("{}: {record:?}, {request:?}, {outcome:?}", case.fault);
    if record.status.is_some() {
        assert_eq!(record.status, outcome.status, "{}", context());
    }
    if let Some(timing) = &record.timing {
        let fault = timing.fault.as_deref();
        let timing = (timing.planned, fault);
        assert_eq!(
            timing,
            (request.planned, request.fault.as_deref()),
            "{}",
            context()
        );
    }
    let is_clean = record.is_final && case.has_clean_target();
    let fault = request
        .fault
        .as_deref()
        .map(|fault| fault.parse::<FaultSpec>().unwrap());
    let expected = (!is_clean).then(|| case.fault.parse::<FaultSpec>().unwrap());
    assert_eq!(
        fault.map(|fault| fault.to_string()),
        expected.map(|fault| fault.to_string()),
        "{}",
        context()
    );
    assert!(record.bytes <= outcome.bytes, "{}", context());
    assert!(case.may_end(record, outcome.end), "{}", context());
}

/// An attempt reused its connection if and only if the connection had served another request. Without lost requests, the
/// ledger has as many connections as attempts did not reuse one.
fn assert_connections(pairs: &[Pair<'_>], ledger: Option<&Ledger>) {
    let mut pairs = pairs.to_vec();
    pairs.sort_by_key(|(_, (request, _))| request.id);
    let mut used = BTreeSet::new();
    for (record, (request, _)) in pairs {
        let was_used = !used.insert(request.connection);
        assert_eq!(
            record.reused_connection, was_used,
            "{record:?}, {request:?}"
        );
    }
    if let Some(ledger) = ledger {
        assert_eq!(ledger.connections, used.len() as u64);
    }
}

fn assert_sums(ledger: &Ledger, requests: &[FinishedRequest]) {
    let count = |end| requests.iter().filter(|(_, it)| it.end == end).count() as u64;
    let counted = [ledger.completed, ledger.ended_by_fault, ledger.aborted];
    let ends = [
        ResponseEnd::Completed,
        ResponseEnd::Fault,
        ResponseEnd::PeerLeft,
    ];
    assert_eq!(counted, ends.map(count), "{ledger}");
    assert_eq!(ledger.requests, requests.len() as u64, "{ledger}");
    assert_eq!(counted.iter().sum::<u64>(), ledger.requests, "{ledger}");
    assert_eq!(ledger.early_responses, 0, "{ledger}");
    let causes = sums(requests.iter().map(|(request, _)| request.cause.clone()));
    assert_eq!(ledger.by_cause, causes);
    let statuses = sums(requests.iter().filter_map(|(_, outcome)| outcome.status));
    assert_eq!(ledger.by_status, statuses);
}

fn sums<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    let mut sums = BTreeMap::new();
    for value in values {
        *sums.entry(value).or_default() += 1;
    }
    sums
}
