//! The result of a verification.

use flagpole_protocol::JournalEntry;
use http::HeaderName;
use serde::Serialize;

/// The requests since the last reset, as far as they are known.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct JournalContent<'a> {
    /// The entries, in the order in which the requests arrived.
    pub entries: &'a [JournalEntry],
    /// The number of requests that are not among the entries.
    pub missing: u64,
    /// The request fields that entries have, if the request has them.
    pub recorded_fields: &'a [HeaderName],
}

/// Whether requests have arrived as expected, and if not, why.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerificationReport {
    /// Whether the requests have arrived as expected.
    pub verified: bool,
    /// Whether this is certain. It may not be if requests are missing in the journal in memory; then `verified` is false.
    #[serde(rename = "certain")]
    pub is_certain: bool,
    /// What was expected and what was found, in a sentence.
    pub detail: String,
    /// The number of requests that match; of a sequence, how many have arrived in order.
    pub found: u64,
    /// If not verified: the requests that come nearest to the expected ones, or those that are too many; at most 5.
    pub nearest: Vec<NearestRequest>,
}

/// A request that explains why a verification failed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NearestRequest {
    /// Its entry in the journal.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub request: JournalEntry,
    /// The conditions that it does not meet, each as a sentence.
    pub mismatches: Vec<String>,
}

impl<'a> JournalContent<'a> {
    /// The content of a journal that has these entries of `requests` requests.
    pub fn new(
        entries: &'a [JournalEntry],
        requests: u64,
        recorded_fields: &'a [HeaderName],
    ) -> JournalContent<'a> {
        let known = entries.iter().filter(|entry| entry.request().is_some());
        JournalContent {
            entries,
            missing: requests.saturating_sub(known.count() as u64),
            recorded_fields,
        }
    }

    /// The entries of requests.
    pub(super) fn requests(&self) -> impl Iterator<Item = &'a JournalEntry> + use<'a> {
        self.entries
            .iter()
            .filter(|entry| entry.request().is_some())
    }
}
