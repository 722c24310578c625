//! Conditions on requests of the journal.

use crate::config::path_glob::{PathGlob, ValueGlob};
use crate::config::request_number_range::RequestNumberRange;
use flagpole_protocol::{JournalEntry, RequestEntry, ResponseEnd, SpecError};
use http::{HeaderName, Method};
use serde::{Deserialize, Serialize};
use serde_with::{As, DisplayFromStr};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Conditions on a request of the journal. A request matches if all given conditions hold; without conditions every
/// request matches. Conditions on the response (`status`, `end`) do not hold while it is in progress.
///
/// ```
/// use flagpole_server::RequestPattern;
///
/// let flags = RequestPattern::default().method("GET".parse()?).path("/flags/**".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestPattern {
    /// Requests with this method.
    #[serde(
        with = "As::<Option<DisplayFromStr>>",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub method: Option<Method>,
    /// Requests whose normalised path matches this glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathGlob>,
    /// Requests with this query, without the question mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Requests of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Requests with these numbers for their resource, from 1: `3`, `3..6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<RequestNumberRange>,
    /// Requests to the listener with this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
    /// Requests whose response has this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Requests with this fault, by its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Requests whose response ended like this: `completed`, `peer left`, `fault`, `server stopped`, `timed out`.
    #[serde(
        with = "As::<Option<DisplayFromStr>>",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub end: Option<ResponseEnd>,
    /// Requests that have these fields, whose values match a glob (`*`, `?`, `[abc]`, `{a,b}`); null: not this field. The
    /// server must record the field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Option<ValueGlob>>,
}

/// Setters, to be chained.
impl RequestPattern {
    /// Matches only requests with this method.
    pub fn method(mut self, method: Method) -> RequestPattern {
        self.method = Some(method);
        self
    }

    /// Matches only requests for these paths.
    pub fn path(mut self, path: PathGlob) -> RequestPattern {
        self.path = Some(path);
        self
    }

    /// Matches only requests with this query.
    pub fn query(mut self, query: impl Into<String>) -> RequestPattern {
        self.query = Some(query.into());
        self
    }

    /// Matches only requests of this run.
    pub fn run(mut self, run: impl Into<String>) -> RequestPattern {
        self.run = Some(run.into());
        self
    }

    /// Matches only requests with these numbers.
    pub fn n(mut self, n: RequestNumberRange) -> RequestPattern {
        self.n = Some(n);
        self
    }

    /// Matches only requests whose response has this status.
    pub fn status(mut self, status: u16) -> RequestPattern {
        self.status = Some(status);
        self
    }

    /// Matches only requests with this fault.
    pub fn fault(mut self, label: impl Into<String>) -> RequestPattern {
        self.fault = Some(label.into());
        self
    }

    /// Matches only requests whose response ended like this.
    pub fn end(mut self, end: ResponseEnd) -> RequestPattern {
        self.end = Some(end);
        self
    }

    /// Matches only requests with this field; with `None`, only requests without it.
    pub fn field(mut self, name: impl Into<String>, value: Option<ValueGlob>) -> RequestPattern {
        self.fields.insert(name.into(), value);
        self
    }
}

impl RequestPattern {
    /// Whether a request meets all conditions.
    pub fn matches(&self, entry: &JournalEntry) -> bool {
        let mut matches = true;
        self.compare(entry, &mut |_, _, _| matches = false);
        matches && entry.request().is_some()
    }

    /// A sentence for each condition that a request does not meet.
    pub(crate) fn mismatches(&self, entry: &JournalEntry) -> Vec<String> {
        let mut found = Vec::new();
        self.compare(entry, &mut |name, expected, got| {
            found.push(format!("{name}: expected {expected}, got {got}"));
        });
        found
    }

    /// The fields on whose values there are conditions.
    ///
    /// # Errors
    /// The first that is no name of a field.
    pub(crate) fn field_names(&self) -> Result<Vec<HeaderName>, SpecError> {
        let parse = |name: &String| {
            let parsed = name.parse();
            parsed.map_err(|_| SpecError::expected("the name of a field", name).within("fields"))
        };
        self.fields.keys().map(parse).collect()
    }

    /// Calls `report` with name, expected and actual value of each condition that is not met.
    fn compare(
        &self,
        entry: &JournalEntry,
        report: &mut dyn FnMut(&str, &dyn Display, &dyn Display),
    ) {
        let Some(request) = entry.request() else {
            return;
        };
        let path = request.resource.as_str();
        if let Some(method) = self.method.as_ref().filter(|it| **it != request.method) {
            report("method", method, &request.method);
        }
        if let Some(glob) = self.path.as_ref().filter(|glob| !glob.matches(path)) {
            report("path", glob, &path);
        }
        let mut compare = |name, expected: Option<&str>, got: Option<&str>| {
            if let Some(expected) = expected.filter(|_| expected != got) {
                report(name, &expected, &got.unwrap_or("none"));
            }
        };
        compare("query", self.query.as_deref(), request.query.as_deref());
        compare("run", self.run.as_deref(), request.run.as_deref());
        compare(
            "listener",
            self.listener.as_deref(),
            request.listener.as_deref(),
        );
        compare("fault", self.fault.as_deref(), request.fault.as_deref());
        self.compare_numbers(entry, request, report);
        for (name, glob) in &self.fields {
            let got = field(request, name);
            match (glob, got) {
                (None, Some(got)) => report(&format!("fields.{name}"), &"none", &got),
                (Some(glob), None) => report(&format!("fields.{name}"), glob, &"none"),
                (Some(glob), Some(got)) if !glob.matches(got) => {
                    report(&format!("fields.{name}"), glob, &got);
                }
                _ => {}
            }
        }
    }

    fn compare_numbers(
        &self,
        entry: &JournalEntry,
        request: &RequestEntry,
        report: &mut dyn FnMut(&str, &dyn Display, &dyn Display),
    ) {
        let text =
            |value: Option<&dyn Display>| value.map_or("none".to_owned(), ToString::to_string);
        let number = request.request_number;
        let holds = |range: &RequestNumberRange| number.is_some_and(|n| range.contains(n));
        if let Some(range) = self.n.filter(|range| !holds(range)) {
            report("n", &range, &text(number.as_ref().map(|n| n as _)));
        }
        let status = entry.status();
        if let Some(expected) = self.status.filter(|_| self.status != status) {
            report(
                "status",
                &expected,
                &text(status.as_ref().map(|it| it as _)),
            );
        }
        let end = entry.outcome().map(|outcome| outcome.end);
        if let Some(expected) = self.end.filter(|_| self.end != end) {
            let got = end.map_or("in progress", ResponseEnd::label);
            report("end", &expected, &got);
        }
    }
}

/// The value of a recorded field; case of the name does not matter.
fn field<'a>(request: &'a RequestEntry, name: &str) -> Option<&'a str> {
    let mut fields = request.fields.iter();
    let found = fields.find(|(found, _)| found.as_str().eq_ignore_ascii_case(name));
    found.map(|(_, value)| &**value)
}
