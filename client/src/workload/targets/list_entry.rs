//! A line of JSON in a file of targets.

use super::one_or_several::OneOrSeveral;
use crate::workload::expectation::{Expectation, StatusSet};
use crate::workload::request_message::{RequestMessage, RequestMessageError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flagpole_protocol::{ContentDigest, TextOrNumber, reason};
use http::Method;
use serde::Deserialize;
use serde_with::{As, DisplayFromStr};
use std::collections::BTreeMap;

/// The highest weight of a target.
const MAX_WEIGHT: u32 = 1_000_000;

/// Reads a file that a line names.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListEntry {
    pub(super) url: String,
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    method: Option<Method>,
    #[serde(default)]
    fields: BTreeMap<String, OneOrSeveral>,
    body: Option<String>,
    body_file: Option<String>,
    body_base64: Option<String>,
    weight: Option<u32>,
    #[serde(default, with = "As::<Option<TextOrNumber>>")]
    expect_status: Option<StatusSet>,
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    expect_digest: Option<ContentDigest>,
    expect_body: Option<String>,
}

/// A key of an entry, and why its value is refused.
pub(super) type EntryError = (&'static str, String);

impl ListEntry {
    /// Method, fields and content: those of the entry, and otherwise those of `default`. A request that has a body is a
    /// POST if neither names a method.
    pub(super) fn message(
        &self,
        default: &RequestMessage,
        read: ReadFile<'_>,
    ) -> Result<RequestMessage, EntryError> {
        let content = self.content(read)?;
        let mut message = default.clone();
        match (&self.method, &content) {
            (Some(method), _) => message = with_method(message, method.clone())?,
            (None, Some(_)) if *message.method() == Method::GET => {
                message = with_method(message, Method::POST)?;
            }
            (None, _) => {}
        }
        for (name, values) in &self.fields {
            message = message.without_field(name);
            for value in values.as_slice() {
                let added = message.field(name, value);
                message = added.map_err(|error| ("fields", error.to_string()))?;
            }
        }
        Ok(match content {
            Some(content) => message.content(content),
            None => message,
        })
    }

    fn content(&self, read: ReadFile<'_>) -> Result<Option<Vec<u8>>, EntryError> {
        match (&self.body, &self.body_file, &self.body_base64) {
            (None, None, None) => Ok(None),
            (Some(body), None, None) => Ok(Some(body.clone().into_bytes())),
            (None, Some(file), None) => {
                let refused = |error| ("body_file", format!("cannot read `{file}`: {error}"));
                read(file).map(Some).map_err(refused)
            }
            (None, None, Some(text)) => {
                let expected = || format!("expected Base64 (RFC 4648), got `{}`", reason(text));
                let decoded = STANDARD.decode(text);
                decoded.map(Some).map_err(|_| ("body_base64", expected()))
            }
            _ => {
                let expected = "expected only one of `body`, `body_file` and `body_base64`";
                Err(("body", expected.to_owned()))
            }
        }
    }

    pub(super) fn weight(&self) -> Result<u32, EntryError> {
        let weight = self.weight.unwrap_or(1);
        if !(1..=MAX_WEIGHT).contains(&weight) {
            let expected = format!("expected a weight from 1 to {MAX_WEIGHT}, got `{weight}`");
            return Err(("weight", expected));
        }
        Ok(weight)
    }

    pub(super) fn expectation(&self, default: &Expectation) -> Expectation {
        let own = |text: &String| text.clone().into_bytes().into();
        Expectation {
            statuses: (self.expect_status.clone()).unwrap_or_else(|| default.statuses.clone()),
            digest: self.expect_digest.or(default.digest),
            body: (self.expect_body.as_ref().map(own)).or_else(|| default.body.clone()),
        }
    }
}

fn with_method(message: RequestMessage, method: Method) -> Result<RequestMessage, EntryError> {
    let refused = |error: RequestMessageError| ("method", error.to_string());
    message.with_method(method).map_err(refused)
}
