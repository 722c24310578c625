//! The newest requests, and which flags they were about.

use flagpole_protocol::{
    Cause, JournalEntry, RequestEntry, RequestOutcome, Resource, ResponseEnd, as_micros,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The number of requests in the table.
const ROWS: usize = 24;

/// The newest requests of all listeners.
#[derive(Debug, Serialize)]
pub(super) struct RecentRequests {
    /// Newest first.
    rows: Vec<RequestRow>,
    /// By country code, in lower case: the request for the flag or its metadata that began or ended last.
    flags: BTreeMap<String, FlagRequest>,
}

#[derive(Debug, Serialize)]
struct RequestRow {
    id: u64,
    unix_ms: u64,
    listener: Option<String>,
    method: String,
    path: String,
    /// The number of the request for its key.
    n: Option<u64>,
    cause: String,
    planned_us: u64,
    result: RequestResult,
    /// These are `None` while the request is in progress.
    status: Option<u16>,
    end: Option<&'static str>,
    bytes: Option<u64>,
    duration_us: Option<u64>,
    lateness_us: Option<u64>,
}

#[derive(Debug, Serialize)]
struct FlagRequest {
    id: u64,
    result: RequestResult,
    /// When it ended, or if it is in progress, when it began; since the Unix epoch.
    #[serde(skip)]
    changed: Duration,
}

/// The result of a request, as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RequestResult {
    InProgress,
    Ok,
    /// A status from 400, or a response that did not end, without a fault.
    Failed,
    Fault,
    /// A limit rejected the request.
    Rejected,
}

impl RecentRequests {
    /// Of entries in the order of their numbers.
    pub(super) fn new(entries: &[JournalEntry]) -> RecentRequests {
        let requests = entries.iter().rev();
        let requests = requests.filter_map(|entry| Some((entry.request()?, entry.outcome())));
        let rows = requests.clone().take(ROWS);
        let mut flags: BTreeMap<String, FlagRequest> = BTreeMap::new();
        for (request, outcome) in requests {
            let resource = Resource::from_path(request.resource.as_str());
            let Some(code) = resource.and_then(Resource::code) else {
                continue;
            };
            let code = code.to_string().to_lowercase();
            let newer = FlagRequest::new(request, outcome);
            let known = flags.get(&code).map(|known| known.changed);
            if known.is_none_or(|known| known < newer.changed) {
                flags.insert(code, newer);
            }
        }
        RecentRequests {
            rows: rows
                .map(|(request, outcome)| row(request, outcome))
                .collect(),
            flags,
        }
    }
}

impl FlagRequest {
    fn new(request: &RequestEntry, outcome: Option<&RequestOutcome>) -> FlagRequest {
        let duration = outcome.map(|outcome| outcome.duration);
        FlagRequest {
            id: request.id,
            result: result(request, outcome),
            changed: request.unix_time + duration.unwrap_or_default(),
        }
    }
}

fn row(request: &RequestEntry, outcome: Option<&RequestOutcome>) -> RequestRow {
    let path = request.path.as_deref();
    let path = path.unwrap_or(request.resource.as_str());
    let query = request.query.as_deref().map(|query| format!("?{query}"));
    RequestRow {
        id: request.id,
        unix_ms: as_micros(request.unix_time) / 1000,
        listener: request.listener.as_deref().map(str::to_owned),
        method: request.method.to_string(),
        path: format!("{path}{}", query.unwrap_or_default()),
        n: request.request_number,
        cause: request.cause.to_string(),
        planned_us: as_micros(request.planned),
        result: result(request, outcome),
        status: outcome.and_then(|outcome| outcome.status),
        end: outcome.map(|outcome| outcome.end.label()),
        bytes: outcome.map(|outcome| outcome.bytes),
        duration_us: outcome.map(|outcome| as_micros(outcome.duration)),
        lateness_us: outcome.and_then(|outcome| outcome.lateness).map(as_micros),
    }
}

fn result(request: &RequestEntry, outcome: Option<&RequestOutcome>) -> RequestResult {
    let Some(outcome) = outcome else {
        return RequestResult::InProgress;
    };
    match &request.cause {
        Cause::Fault(_) => RequestResult::Fault,
        Cause::ConcurrencyLimit | Cause::RateLimit => RequestResult::Rejected,
        _ => {
            let is_ok = outcome.status.is_some_and(|status| status < 400);
            let is_complete = outcome.end == ResponseEnd::Completed;
            if is_ok && is_complete {
                RequestResult::Ok
            } else {
                RequestResult::Failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::RuleName;
    use http::Method;

    fn request(id: u64, cause: Cause) -> RequestEntry {
        RequestEntry {
            id,
            at: Duration::ZERO,
            unix_time: Duration::from_secs(id),
            listener: Some("</script>\u{202e}\"".into()),
            connection: 1,
            run: None,
            method: Method::GET,
            resource: Resource::from_path("/flags/br/br.gif").unwrap().into(),
            path: None,
            query: None,
            request_number: Some(id),
            rule: RuleName::LISTENER,
            cause,
            fault: None,
            planned: Duration::ZERO,
            ending: "complete".into(),
            fields: Vec::new(),
        }
    }

    fn ended(request: RequestEntry, status: u16, seconds: u64) -> JournalEntry {
        let outcome = RequestOutcome {
            status: Some(status),
            bytes: 7,
            end: ResponseEnd::Completed,
            lateness: None,
            peer_closed: None,
            duration: Duration::from_secs(seconds),
        };
        JournalEntry::End { request, outcome }
    }

    fn result_of(entry: &JournalEntry) -> RequestResult {
        result(entry.request().unwrap(), entry.outcome())
    }

    #[test]
    fn flag_has_the_result_of_the_request_that_changed_last() {
        let entries = [
            ended(request(1, Cause::Fault("503".into())), 503, 100),
            ended(request(2, Cause::Clean), 200, 1),
        ];
        let recent = RecentRequests::new(&entries);
        assert_eq!(
            recent.rows.iter().map(|row| row.id).collect::<Vec<_>>(),
            [2, 1]
        );
        let flag = &recent.flags["br"];
        assert_eq!((flag.id, flag.result), (1, RequestResult::Fault));
    }

    #[test]
    fn results_follow_from_cause_status_and_end() {
        let begun = JournalEntry::Begin(request(1, Cause::Clean));
        assert_eq!(result_of(&begun), RequestResult::InProgress);
        for (cause, status, expected) in [
            (Cause::Delay, 304, RequestResult::Ok),
            (Cause::Clean, 404, RequestResult::Failed),
            (Cause::RateLimit, 429, RequestResult::Rejected),
            (Cause::Fault("corrupt".into()), 200, RequestResult::Fault),
        ] {
            assert_eq!(result_of(&ended(request(1, cause), status, 0)), expected);
        }
    }
}
