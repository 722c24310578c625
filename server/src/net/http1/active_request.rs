//! The request in progress on a connection, and its entry in the journal, the log with one line for each
//! request.

use crate::fate::request_index::RequestIndex;
use crate::fate::request_info::Decision;
use crate::http::write_schedule::describe_ending;
use crate::limits::concurrency_limit::Permit;
use crate::net::listener_version::ListenerVersion;
use flagpole_protocol::{Cause, Ending, FateKey, Framing, JournalEntry, Pace};
use http::{Method, Request};
use std::time::Duration;

/// Maximum length of a path in the journal, in bytes: clients must not fill the memory.
const MAX_JOURNAL_PATH: usize = 256;

/// A request whose response is not finished.
#[derive(Debug)]
pub(crate) struct ActiveRequest {
    /// The permit of the concurrency limit, held until the request is finished.
    pub(crate) permit: Option<Permit>,
    /// Whether the fault is a `hang` without `for=`.
    pub(crate) hangs_forever: bool,
    /// `None` if requests are not logged.
    pub(crate) log: Option<Box<LoggedRequest>>,
}

/// A journal entry to be completed, and what its `ending` follows from.
#[derive(Debug)]
pub(crate) struct LoggedRequest {
    pub(crate) entry: JournalEntry,
    pace: Pace,
    framing: Framing,
    ending: Ending,
    /// Length of the body in bytes; until the response is prepared, the length without a fault.
    pub(crate) body_length: u64,
}

impl ActiveRequest {
    /// `index` is `None` for a bad request; `at`: the time from the start of the server to the end of the head, `None` if the
    /// request is not logged.
    pub(crate) fn new<B>(
        version: &ListenerVersion,
        request: &Request<B>,
        key: &FateKey,
        index: Option<RequestIndex>,
        cause: &Cause,
        decision: &Decision,
        at: Option<Duration>,
    ) -> ActiveRequest {
        let (fate, path) = (&decision.fate, request.uri().path());
        let log = |at| LoggedRequest {
            pace: fate.pace,
            framing: fate.framing.clone(),
            ending: fate.ending,
            body_length: match *request.method() {
                Method::HEAD => 0,
                _ => version.content.site.length(key),
            },
            entry: JournalEntry {
                at,
                request_number: index.as_ref().map(|index| index.request_number),
                run: index.and_then(|index| index.run),
                method: request.method().clone(),
                resource: truncated_key(key),
                path: (path != key.as_str()).then(|| truncated(path)),
                rule: version.rule_set.label(&decision.source),
                cause: cause.clone(),
                fault: match cause {
                    Cause::Fault(label) => Some(label.clone()),
                    _ => None,
                },
                planned: fate.delay,
                ending: "".into(),
                lateness: None,
                status: None,
                completed: false,
            },
        };
        ActiveRequest {
            permit: None,
            hangs_forever: matches!(fate.pace, Pace::Pause(_, None)),
            log: at.map(|at| Box::new(log(at))),
        }
    }
}

impl LoggedRequest {
    /// The entry of the finished request.
    pub(crate) fn into_entry(self, completed: bool) -> JournalEntry {
        JournalEntry {
            ending: describe_ending(self.pace, &self.framing, self.ending, self.body_length),
            completed,
            ..self.entry
        }
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
