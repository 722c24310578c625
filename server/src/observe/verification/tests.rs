//! Verifications of entries that are made up.

use super::*;
use flagpole_protocol::{Cause, FateKey, RequestEntry, RequestOutcome, ResponseEnd, RuleName};
use http::{HeaderName, Method};
use std::time::Duration;

const RECORDED: [HeaderName; 1] = [http::header::ACCEPT];

fn entry(id: u64, path: &str, status: Option<u16>) -> JournalEntry {
    let request = RequestEntry {
        id,
        at: Duration::ZERO,
        unix_time: Duration::ZERO,
        listener: None,
        connection: 1,
        run: None,
        method: Method::GET,
        resource: FateKey::from_path(path),
        path: None,
        query: None,
        request_number: Some(id),
        rule: RuleName::LISTENER,
        cause: Cause::Clean,
        fault: None,
        planned: Duration::ZERO,
        ending: "complete".into(),
        fields: vec![(http::header::ACCEPT, "image/gif".into())],
    };
    match status {
        None => JournalEntry::Begin(request),
        Some(_) => JournalEntry::End {
            request,
            outcome: RequestOutcome {
                status,
                bytes: 0,
                end: ResponseEnd::Completed,
                lateness: None,
                peer_closed: None,
                duration: Duration::ZERO,
            },
        },
    }
}

/// `/a` is in progress, `/b` was answered with 503 and then with 200.
fn entries() -> [JournalEntry; 3] {
    [
        entry(1, "/a", None),
        entry(2, "/b", Some(503)),
        entry(3, "/b", Some(200)),
    ]
}

fn evaluate(json: &str, missing: u64) -> VerificationReport {
    let verification: Verification = serde_json::from_str(json).unwrap();
    let journal = JournalContent {
        entries: &entries(),
        missing,
        recorded_fields: &RECORDED,
    };
    verification.evaluate(&journal).unwrap()
}

fn refused(json: &str) -> String {
    let verification: Verification = serde_json::from_str(json).unwrap();
    let journal = JournalContent {
        entries: &[],
        missing: 0,
        recorded_fields: &RECORDED,
    };
    verification.evaluate(&journal).unwrap_err().to_string()
}

#[test]
fn requests_are_counted_once_they_have_begun() {
    for (json, verified) in [
        (r#"{"request": {}}"#, true),
        (r#"{"request": {}, "count": 3}"#, true),
        (r#"{"request": {"path": "/a"}, "count": 1}"#, true),
        (
            r#"{"request": {"path": "/b"}, "count": {"min": 1, "max": 3}}"#,
            true,
        ),
        (
            r#"{"request": {"path": "/b", "status": 503}, "count": 1}"#,
            true,
        ),
        (r#"{"request": {"end": "completed"}, "count": 2}"#, true),
        (r#"{"request": {"n": "2.."}, "count": 2}"#, true),
        (r#"{"request": {"method": "POST"}, "count": 0}"#, true),
        (
            r#"{"request": {"fields": {"Accept": "image/*"}}, "count": 3}"#,
            true,
        ),
        (
            r#"{"request": {"fields": {"accept": null}}, "count": 0}"#,
            true,
        ),
        (r#"{"request": {"path": "/b"}, "count": 1}"#, false),
        (r#"{"request": {"path": "/c"}}"#, false),
        (r#"{"request": {"path": "/a", "end": "completed"}}"#, false),
    ] {
        assert_eq!(evaluate(json, 0).verified, verified, "{json}");
    }
}

#[test]
fn a_failure_shows_the_nearest_requests_with_what_differs() {
    let report = evaluate(
        r#"{"request": {"path": "/b", "status": 404}, "count": 1}"#,
        0,
    );
    assert_eq!((report.verified, report.found), (false, 0));
    assert_eq!(report.detail, "expected 1 request, found 0");
    let nearest: Vec<_> = report
        .nearest
        .iter()
        .map(|near| near.request.id())
        .collect();
    assert_eq!(nearest, [Some(3), Some(2), Some(1)]);
    assert_eq!(
        report.nearest[0].mismatches,
        ["status: expected 404, got 200"]
    );
    let too_many = evaluate(r#"{"request": {"path": "/b"}, "count": 1}"#, 0);
    assert_eq!(too_many.nearest.len(), 2);
    assert!(too_many.nearest[0].mismatches.is_empty());
}

#[test]
fn a_sequence_may_have_other_requests_between_its_own() {
    let sequence = r#"{"sequence": [{"path": "/a"}, {"status": 200}]}"#;
    assert!(evaluate(sequence, 0).verified);
    let report = evaluate(r#"{"sequence": [{"path": "/b"}, {"path": "/a"}]}"#, 0);
    assert_eq!((report.verified, report.found), (false, 1));
    assert_eq!(
        report.detail,
        "expected 2 requests in this order, found the first 1; request 2 did not follow"
    );
}

#[test]
fn an_exact_sequence_excludes_other_requests() {
    let exact = |patterns: &str| {
        evaluate(
            &format!(r#"{{"sequence": [{patterns}], "exact": true}}"#),
            0,
        )
    };
    assert!(exact(r#"{"path": "/a"}, {"path": "/b"}, {"path": "/b"}"#).verified);
    let extra = exact(r#"{"path": "/a"}, {"path": "/b"}"#);
    assert_eq!(extra.detail, "expected exactly these 2 requests, found 3");
    assert_eq!(extra.nearest[0].request.id(), Some(3));
    let other = exact(r#"{"path": "/a"}, {"path": "/a"}, {"path": "/b"}"#);
    assert_eq!(
        other.detail,
        "expected exactly these 3 requests, found 3; request 2 is another one"
    );
    assert_eq!(other.nearest[0].mismatches, ["path: expected /a, got /b"]);
}

#[test]
fn missing_entries_make_some_results_uncertain() {
    for (json, verified, is_certain) in [
        (r#"{"request": {}, "count": {"min": 2}}"#, true, true),
        (r#"{"request": {}, "count": 3}"#, false, false),
        (r#"{"request": {}, "count": 4}"#, false, false),
        (r#"{"request": {}, "count": 2}"#, false, true),
        (r#"{"request": {}, "count": 9}"#, false, true),
        (r#"{"sequence": [{"path": "/a"}]}"#, true, true),
        (r#"{"sequence": [{"path": "/c"}]}"#, false, false),
        (r#"{"sequence": [{}, {}, {}], "exact": true}"#, false, false),
        (r#"{"sequence": [{}, {}], "exact": true}"#, false, true),
    ] {
        let report = evaluate(json, 1);
        assert_eq!(
            (report.verified, report.is_certain),
            (verified, is_certain),
            "{json}"
        );
        assert_eq!(
            report.detail.contains("not certain"),
            !is_certain,
            "{}",
            report.detail
        );
    }
}

#[test]
fn contradictions_and_fields_that_are_not_recorded_are_refused() {
    for (json, sentence) in [
        ("{}", "expected `request` or `sequence`, got neither"),
        (
            r#"{"request": {}, "sequence": []}"#,
            "expected `request` or `sequence`, got both",
        ),
        (
            r#"{"request": {}, "exact": true}"#,
            "exact: needs `sequence`",
        ),
        (r#"{"sequence": [], "count": 1}"#, "count: needs `request`"),
        (
            r#"{"sequence": []}"#,
            "sequence: expected at least one request, or `exact`, got none",
        ),
        (
            r#"{"request": {"fields": {"X-Test": "1"}}}"#,
            "fields.x-test: not recorded; start the server with `--journal-field x-test`",
        ),
        (
            r#"{"request": {"fields": {"a b": "1"}}}"#,
            "fields: expected the name of a field, got `a b`",
        ),
    ] {
        assert_eq!(refused(json), sentence);
    }
}
