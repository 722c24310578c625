//! The parameters of `GET /journal`.

use super::problem::Problem;
use super::query::{Query, number};
use crate::observe::journal_selection::JournalSelection;
use crate::observe::request_log::RequestLog;
use crate::observe::request_pattern::RequestPattern;
use flagpole_protocol::{JournalEntry, SpecError, spec};
use http::Method;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Maximum number of entries in an answer.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// How long a call waits unless chosen otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest wait.
const MAX_TIMEOUT: Duration = Duration::from_secs(600);

/// The kinds of entries that can be selected, as they are written.
const EVENTS: [&str; 3] = ["begin", "end", "error"];

/// What is asked of the journal.
#[derive(Debug)]
pub(super) struct JournalQuery {
    pub(super) filter: JournalFilter,
    /// The entries with larger numbers.
    since: Option<u64>,
    limit: usize,
    pub(super) wait: Option<Wait>,
    pub(super) follows: bool,
}

/// Which entries are selected.
#[derive(Debug)]
pub(super) struct JournalFilter {
    pattern: RequestPattern,
    rule: Option<String>,
    cause: Option<String>,
    event: Option<String>,
    since: u64,
}

/// The number of requests that must be over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    pub(super) requests: u64,
    pub(super) timeout: Duration,
}

impl JournalQuery {
    pub(super) fn parse(query: &Query) -> Result<JournalQuery, Problem> {
        let since = query.value("since", number)?;
        let limit = query.value("limit", limit)?;
        let follows = query.value("follow", boolean)?.unwrap_or(false);
        if follows && limit.is_some() {
            return Err(Problem::bad_request("limit: not with `follow`"));
        }
        let timeout = query.value("timeout", spec::duration)?;
        let wait = query.value("wait", number)?.map(|requests| Wait {
            requests,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT).min(MAX_TIMEOUT),
        });
        if timeout.is_some() && wait.is_none() {
            return Err(Problem::bad_request("timeout: needs `wait`"));
        }
        Ok(JournalQuery {
            filter: JournalFilter::parse(query, since.unwrap_or(0))?,
            since,
            limit: limit.unwrap_or(MAX_ENTRIES),
            wait,
            follows,
        })
    }

    /// The entries that are selected, at most as many as asked for: after `since` the next ones, otherwise the newest.
    pub(super) fn select(
        &self,
        logs: impl IntoIterator<Item = Arc<Mutex<RequestLog>>>,
    ) -> JournalSelection {
        let (filter, limit) = (&self.filter, self.limit);
        let is_filtered = filter.has_conditions();
        let first_limit = if is_filtered { usize::MAX } else { limit };
        let selection = match self.since {
            Some(since) => JournalSelection::after(logs, since, first_limit),
            None => JournalSelection::newest(logs, first_limit),
        };
        if !is_filtered {
            return selection;
        }
        let selection = selection.filter(|entry| filter.selects(entry));
        if self.since.is_some() {
            selection.first(limit)
        } else {
            selection.last(limit)
        }
    }
}

impl JournalFilter {
    fn parse(query: &Query, since: u64) -> Result<JournalFilter, Problem> {
        let text = |name| query.text(name).map(str::to_owned);
        let pattern = RequestPattern {
            method: query.value("method", Method::from_str)?,
            path: query.value("path", str::parse)?,
            status: query.value("status", status)?,
            run: text("run"),
            fault: text("fault"),
            ..RequestPattern::default()
        };
        Ok(JournalFilter {
            pattern,
            rule: text("rule"),
            cause: text("cause"),
            event: query.value("event", event)?,
            since,
        })
    }

    /// Whether every request is one of those to wait for.
    pub(super) fn selects_every_request(&self) -> bool {
        self.since == 0 && !self.selects_by_request()
    }

    /// Whether entries are selected by more than their number.
    fn has_conditions(&self) -> bool {
        self.event.is_some() || self.selects_by_request()
    }

    /// Whether an entry is selected. A line about missing lines always is.
    pub(super) fn selects(&self, entry: &JournalEntry) -> bool {
        let Some(id) = entry.id() else {
            return true;
        };
        let is_wanted = |event: &String| event == event_of(entry);
        id > self.since && self.event.as_ref().is_none_or(is_wanted) && self.matches(entry)
    }

    /// Whether a request is one of those to wait for.
    pub(super) fn selects_request(&self, entry: &JournalEntry) -> bool {
        entry.request().is_some()
            && entry.id().is_some_and(|id| id > self.since)
            && self.matches(entry)
    }

    fn matches(&self, entry: &JournalEntry) -> bool {
        let is =
            |expected: &Option<String>, got: &str| expected.as_ref().is_none_or(|it| it == got);
        if let Some(request) = entry.request() {
            return self.pattern.matches(entry)
                && is(&self.rule, &request.rule)
                && is(&self.cause, &request.cause.to_string());
        }
        // An error has a status at most.
        let status = self.pattern.status;
        (status.is_none() || status == entry.status()) && !self.selects_by_request_alone()
    }

    /// Whether there are conditions on requests.
    fn selects_by_request(&self) -> bool {
        self.pattern.status.is_some() || self.selects_by_request_alone()
    }

    /// Whether there are conditions that no error can meet.
    fn selects_by_request_alone(&self) -> bool {
        let pattern = &self.pattern;
        pattern.method.is_some()
            || pattern.path.is_some()
            || pattern.run.is_some()
            || pattern.fault.is_some()
            || self.rule.is_some()
            || self.cause.is_some()
    }
}

fn event_of(entry: &JournalEntry) -> &'static str {
    match entry {
        JournalEntry::Begin(_) => "begin",
        JournalEntry::End { .. } => "end",
        JournalEntry::Error(_) => "error",
        _ => "dropped",
    }
}

fn event(text: &str) -> Result<String, SpecError> {
    if EVENTS.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(SpecError::unknown("event", text, EVENTS))
    }
}

fn status(text: &str) -> Result<u16, SpecError> {
    spec::whole_number(text).ok_or_else(|| SpecError::expected("a status such as `503`", text))
}

fn boolean(text: &str) -> Result<bool, SpecError> {
    text.parse()
        .map_err(|_| SpecError::expected("`true` or `false`", text))
}

fn limit(text: &str) -> Result<usize, SpecError> {
    let limit = spec::whole_number(text).filter(|limit| (1..=MAX_ENTRIES).contains(limit));
    limit.ok_or_else(|| SpecError::expected(&format!("1 to {MAX_ENTRIES}"), text))
}
