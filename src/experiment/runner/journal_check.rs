//! Whether the journal of a trial, from which all that is known of a program follows, is complete.

use flagpole_analysis::comparison::ServerSummary;
use flagpole_analysis::program::ServedRequest;
use flagpole_analysis::validity::AttemptCounts;

/// Why the journal of a trial cannot be used; `None` if it has all requests that the ledger counts.
pub(super) fn journal_problem(ledger: &ServerSummary, served: &[ServedRequest]) -> Option<String> {
    let (journal, requests) = (served.len() as u64, ledger.requests);
    if journal != requests {
        return Some(format!(
            "the server's journal has {journal} of {requests} requests"
        ));
    }
    let mut counts = AttemptCounts::default();
    for request in served {
        match request.end.as_ref().and_then(|end| end.status) {
            Some(status) => *counts.by_status.entry(status).or_default() += 1,
            None => counts.without_status += 1,
        }
    }
    let mismatch = counts.first_mismatch(requests, &ledger.by_status)?;
    Some(format!("the server's journal has {mismatch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(status: u16) -> Vec<ServedRequest> {
        let line = format!(
            r#"{{"event":"end","id":1,"at_us":1,"unix_us":1,"connection":1,"method":"GET","resource":"/a","query":null,
            "n":1,"cause":"clean","fault":null,"planned_us":0,"status":{status},"bytes":9,"end":"completed",
            "lateness_us":null,"duration_us":5}}"#
        );
        ServedRequest::from_journal(&line.replace('\n', "")).unwrap()
    }

    #[test]
    fn journal_must_have_every_request_of_the_ledger() {
        let ledger = |requests, status| ServerSummary {
            requests,
            by_status: [(status, requests)].into(),
            ..ServerSummary::default()
        };
        assert_eq!(journal_problem(&ledger(1, 200), &served(200)), None);
        let lost = journal_problem(&ledger(3, 200), &served(200));
        let expected = "the server's journal has 1 of 3 requests";
        assert_eq!(lost.as_deref(), Some(expected));
        let other = journal_problem(&ledger(1, 404), &served(200)).unwrap();
        assert!(
            other.starts_with("the server's journal has 1 response with status"),
            "{other}"
        );
    }
}
