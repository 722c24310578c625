//! The request in progress on a connection, and its entry in the journal.

use crate::fate::request_index::RequestIndex;
use crate::fate::request_info::Decision;
use crate::http::write_schedule::describe_ending;
use crate::limits::concurrency_limit::Permit;
use crate::net::listener_version::ListenerVersion;
use crate::observe::recorder::{EntryStamp, RequestRecord};
use flagpole_protocol::{Cause, FateKey, RequestEntry};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

/// Maximum length of a path, a query and a field in the journal, in bytes: clients must not fill the memory.
const MAX_JOURNAL_TEXT: usize = 256;

/// A request whose response is not finished.
#[derive(Debug)]
pub(crate) struct ActiveRequest {
    /// The permit of the concurrency limit, held until the request is finished.
    pub(crate) permit: Option<Permit>,
    /// Whether the fault is a `hang` without `for=`.
    pub(crate) hangs_forever: bool,
    pub(crate) record: RequestRecord,
}

/// A request whose head has been parsed.
pub(crate) struct ParsedRequest<'a, B> {
    /// The number of the connection.
    pub(crate) connection: u64,
    pub(crate) request: &'a Request<B>,
    pub(crate) key: &'a FateKey,
    /// `None` for a bad request.
    pub(crate) index: Option<RequestIndex>,
}

impl<B> ParsedRequest<'_, B> {
    /// Its journal entry when it begins. `chosen_fields`: the names of the fields that the entry has.
    pub(crate) fn entry(
        self,
        stamp: EntryStamp,
        version: &ListenerVersion,
        cause: &Cause,
        decision: &Decision,
        chosen_fields: &[HeaderName],
    ) -> RequestEntry {
        let (request, key, fate) = (self.request, self.key, &decision.fate);
        let path = request.uri().path();
        // Known exactly only when the response is prepared.
        let body_length = match *request.method() {
            Method::HEAD => 0,
            _ => version.content.site.length(key),
        };
        RequestEntry {
            id: stamp.id,
            at: stamp.at,
            unix_time: stamp.unix_time,
            listener: stamp.listener,
            connection: self.connection,
            request_number: self.index.as_ref().map(|index| index.request_number),
            run: self.index.and_then(|index| index.run),
            method: request.method().clone(),
            resource: truncated_key(key),
            path: (path != key.as_str()).then(|| truncated(path)),
            query: request.uri().query().map(truncated),
            rule: version.rule_set.label(&decision.source),
            cause: cause.clone(),
            fault: match cause {
                Cause::Fault(label) => Some(label.clone()),
                _ => None,
            },
            planned: fate.delay,
            ending: describe_ending(fate.pace, &fate.framing, fate.ending, body_length),
            fields: present_fields(chosen_fields, request.headers()),
        }
    }
}

/// The chosen fields that a request has.
fn present_fields(chosen: &[HeaderName], headers: &HeaderMap) -> Vec<(HeaderName, Box<str>)> {
    let value = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
        truncated(&String::from_utf8_lossy(&values.join(&b", "[..])))
    };
    let present = chosen.iter().filter(|name| headers.contains_key(*name));
    present.map(|name| (name.clone(), value(name))).collect()
}

fn truncated_key(key: &FateKey) -> FateKey {
    if key.as_str().len() <= MAX_JOURNAL_TEXT {
        key.clone()
    } else {
        FateKey::from_path(&truncated(key.as_str()))
    }
}

fn truncated(text: &str) -> Box<str> {
    match text
        .char_indices()
        .find(|(at, letter)| at + letter.len_utf8() > MAX_JOURNAL_TEXT)
    {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}
