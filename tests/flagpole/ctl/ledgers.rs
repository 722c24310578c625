//! `flagpole ctl ledger` and `flagpole ctl reset`.

use super::Controlled;
use flagpole_protocol::LedgerReport;

#[test]
fn ledger_is_printed_as_serve_prints_it() {
    let controlled = Controlled::new("1ms");
    controlled.request(2);
    let output = controlled.ctl(&["ledger"]);
    output.assert_code(0);
    let (url, ledger) = (controlled.server.url(), controlled.server.ledger());
    assert_eq!(output.stdout, format!("{url}\n{ledger}\n"));
    let json = controlled.ctl(&["ledger", "--format", "json"]).stdout;
    let report: LedgerReport = serde_json::from_str(&json).unwrap();
    assert_eq!(report.listeners[0].ledger, (&ledger).into());
}

#[test]
fn reset_prints_the_ledger_and_starts_from_0() {
    let controlled = Controlled::new("0");
    controlled.request(3);
    let output = controlled.ctl(&["reset", "--drain", "5s"]);
    output.assert_code(0);
    output.assert_stdout_contains("\nrequests   3 (3 completed");
    assert_eq!(controlled.server.ledger().requests, 0);
}
