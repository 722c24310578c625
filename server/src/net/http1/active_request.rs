//! The request in progress on a connection, and its entry in the journal, the log with one line for each
//! request.

use crate::fate::request_index::RequestIndex;
use crate::fate::request_info::Decision;
use crate::fate::rule_set::RuleSet;
use crate::http::write_schedule::describe_ending;
use crate::limits::concurrency_limit::Permit;
use crate::net::shared_state::SharedListener;
use flagpole_protocol::{Cause, Ending, Fate, FateKey, JournalEntry, Pace};
use http::{Method, Request};
use std::time::{Duration, Instant};

/// Maximum length of a path in the journal, in bytes: clients must not fill the memory.
const MAX_JOURNAL_PATH: usize = 256;

/// A request whose response is not finished.
#[derive(Debug)]
pub(crate) struct ActiveRequest {
    /// `None` if the field `Flagpole-Run` or `Flagpole-Nth` could not be read.
    index: Option<RequestIndex>,
    cause: Cause,
    planned_delay: Duration,
    pub(crate) lateness: Option<Duration>,
    pub(crate) status: Option<u16>,
    /// The permit of the concurrency limit, held until the request is finished.
    pub(crate) permit: Option<Permit>,
    /// Whether the fault is a `hang` without `for=`.
    pub(crate) hangs_forever: bool,
    journal_fields: Option<Box<JournalFields>>,
}

/// Fields that are recorded only if requests are logged.
#[derive(Debug)]
pub(crate) struct JournalFields {
    at: Duration,
    method: Method,
    resource: FateKey,
    /// The path as it was sent, if that is not the normalised path.
    path: Option<Box<str>>,
    /// The index of the rule that decided; `None` for the listener itself.
    rule: Option<usize>,
    pace: Pace,
    ending: Ending,
    /// Length of the body in bytes; until the response is prepared, the length without a fault.
    body_length: u64,
}

impl ActiveRequest {
    pub(crate) fn new(
        index: Option<RequestIndex>,
        cause: Cause,
        fate: &Fate,
        journal_fields: Option<Box<JournalFields>>,
    ) -> ActiveRequest {
        ActiveRequest {
            index,
            cause,
            planned_delay: fate.delay,
            lateness: None,
            status: None,
            permit: None,
            hangs_forever: matches!(fate.pace, Pace::Pause(_, None)),
            journal_fields,
        }
    }

    pub(crate) fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Sets the length of the prepared body in bytes.
    pub(crate) fn set_body_length(&mut self, body_length: u64) {
        if let Some(fields) = &mut self.journal_fields {
            fields.body_length = body_length;
        }
    }

    /// The journal entry of the finished request, if requests are logged.
    pub(crate) fn into_journal_entry(
        self,
        rule_set: &RuleSet,
        completed: bool,
    ) -> Option<JournalEntry> {
        let fields = self.journal_fields?;
        Some(JournalEntry {
            at: fields.at,
            request_number: self.index.as_ref().map(|index| index.request_number),
            run: self.index.and_then(|index| index.run),
            method: fields.method,
            resource: fields.resource,
            path: fields.path,
            rule: rule_set.label(fields.rule),
            fault: match &self.cause {
                Cause::Fault(label) => Some(label.clone()),
                _ => None,
            },
            cause: self.cause,
            planned: self.planned_delay,
            ending: describe_ending(fields.pace, fields.ending, fields.body_length),
            lateness: self.lateness,
            status: self.status,
            completed,
        })
    }
}

impl JournalFields {
    /// The fields of a request; `None` if requests are not logged.
    pub(crate) fn for_request<B>(
        listener: &SharedListener,
        request: &Request<B>,
        key: &FateKey,
        decision: &Decision,
        parsed: impl FnOnce() -> Instant,
    ) -> Option<Box<JournalFields>> {
        listener.logs_requests().then(|| {
            let is_head = request.method() == Method::HEAD;
            let path = request.uri().path();
            Box::new(JournalFields {
                at: parsed().saturating_duration_since(listener.start),
                method: request.method().clone(),
                resource: truncated_key(key),
                path: (path != key.as_str()).then(|| truncated(path)),
                rule: decision.rule,
                pace: decision.fate.pace,
                ending: decision.fate.ending,
                body_length: if is_head {
                    0
                } else {
                    listener.content.site.length(key)
                },
            })
        })
    }
}

fn truncated_key(key: &FateKey) -> FateKey {
    if key.as_str().len() <= MAX_JOURNAL_PATH {
        key.clone()
    } else {
        FateKey::from_path(&truncated(key.as_str()))
    }
}

fn truncated(path: &str) -> Box<str> {
    match path
        .char_indices()
        .find(|(at, letter)| at + letter.len_utf8() > MAX_JOURNAL_PATH)
    {
        None => path.into(),
        Some((end, _)) => format!("{}…", &path[..end]).into(),
    }
}
