//! How often, or in which order, requests have arrived, against what a test expects. Pure: over the entries of a journal.

use super::request_count::RequestCount;
use super::request_pattern::RequestPattern;
use super::verification_report::{JournalContent, NearestRequest, VerificationReport};
use flagpole_protocol::{JournalEntry, SpecError};
use serde::{Deserialize, Serialize};

/// Maximum number of requests that explain why a verification failed.
const MAX_NEAREST: usize = 5;

/// What a test expects of the requests since the last reset. Requests count once they have begun.
///
/// ```
/// use flagpole_server::{BlockingServer, RequestPattern, Verification};
///
/// let server = BlockingServer::builder().start()?;
/// let flags = RequestPattern::default().path("/flags/**".parse()?);
/// let report = server.verify(&Verification::count(flags, 0))?;
/// assert!(report.verified, "{}", report.detail);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verification {
    /// The requests to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestPattern>,
    /// How many of them are expected: `2`, or `{"min": 1, "max": 3}`. Default: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<RequestCount>,
    /// Instead of `request`: requests that must have arrived in this order, others between them not excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<Vec<RequestPattern>>,
    /// With `sequence`: whether no other request may have arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
}

/// What is verified.
enum Expectation<'a> {
    Count(&'a RequestPattern, RequestCount),
    Sequence(&'a [RequestPattern]),
    ExactSequence(&'a [RequestPattern]),
}

impl Verification {
    /// Expects this many requests: a number, or a [`RequestCount`].
    pub fn count(request: RequestPattern, count: impl Into<RequestCount>) -> Verification {
        Verification {
            request: Some(request),
            count: Some(count.into()),
            ..Verification::default()
        }
    }

    /// Expects requests in this order, with or without others between them.
    pub fn sequence(requests: impl IntoIterator<Item = RequestPattern>) -> Verification {
        Verification {
            sequence: Some(requests.into_iter().collect()),
            ..Verification::default()
        }
    }

    /// Expects these requests in this order, and no others.
    pub fn exact_sequence(requests: impl IntoIterator<Item = RequestPattern>) -> Verification {
        Verification {
            exact: Some(true),
            ..Verification::sequence(requests)
        }
    }

    /// Replaces the listeners that conditions name.
    ///
    /// # Errors
    /// The first of `replacement`.
    #[cfg(feature = "control")]
    pub(crate) fn replace_listeners<E>(
        &mut self,
        replacement: impl Fn(&str) -> Result<Option<String>, E>,
    ) -> Result<(), E> {
        let request = self.request.iter_mut();
        for pattern in request.chain(self.sequence.iter_mut().flatten()) {
            if let Some(name) = &pattern.listener {
                pattern.listener = replacement(name)?;
            }
        }
        Ok(())
    }

    /// Compares the requests of a journal, which are in the order in which they arrived.
    ///
    /// # Errors
    /// If the verification is contradictory, or has a condition on a field that is not recorded.
    pub fn evaluate(&self, journal: &JournalContent<'_>) -> Result<VerificationReport, SpecError> {
        let expectation = self.expectation()?;
        let patterns = self.request.iter().chain(self.sequence.iter().flatten());
        for pattern in patterns {
            for name in pattern.field_names()? {
                if !journal.recorded_fields.contains(&name) {
                    let reason = format!(
                        "fields.{name}: not recorded; start the server with `--journal-field {name}`"
                    );
                    return Err(SpecError::rule(reason));
                }
            }
        }
        let mut report = match expectation {
            Expectation::Count(pattern, count) => compare_count(pattern, count, journal),
            Expectation::Sequence(patterns) => compare_sequence(patterns, journal),
            Expectation::ExactSequence(patterns) => compare_exactly(patterns, journal),
        };
        if !report.is_certain {
            let missing = journal.missing;
            report.detail = format!(
                "{}; this is not certain, because {missing} other requests are no longer in the journal in memory",
                report.detail
            );
        }
        Ok(report)
    }

    fn expectation(&self) -> Result<Expectation<'_>, SpecError> {
        let refused = |reason: &str| Err(SpecError::rule(reason.to_owned()));
        match (&self.request, &self.sequence) {
            (Some(_), Some(_)) => refused("expected `request` or `sequence`, got both"),
            (None, None) => refused("expected `request` or `sequence`, got neither"),
            (Some(_), None) if self.exact.is_some() => refused("exact: needs `sequence`"),
            (None, Some(_)) if self.count.is_some() => refused("count: needs `request`"),
            (Some(pattern), None) => {
                Ok(Expectation::Count(pattern, self.count.unwrap_or_default()))
            }
            (None, Some(patterns)) if self.exact == Some(true) => {
                Ok(Expectation::ExactSequence(patterns))
            }
            (None, Some(patterns)) if patterns.is_empty() => {
                refused("sequence: expected at least one request, or `exact`, got none")
            }
            (None, Some(patterns)) => Ok(Expectation::Sequence(patterns)),
        }
    }
}

/// Missing entries could only add to the number.
fn compare_count(
    pattern: &RequestPattern,
    expected: RequestCount,
    journal: &JournalContent<'_>,
) -> VerificationReport {
    let matching: Vec<_> = journal
        .requests()
        .filter(|entry| pattern.matches(entry))
        .collect();
    let found = matching.len() as u64;
    let most = found.saturating_add(journal.missing);
    let verified = expected.contains(found) && expected.contains(most);
    let nearest = if expected.contains(found) {
        Vec::new()
    } else if found > expected.min {
        explain(matching, pattern)
    } else {
        nearest(pattern, journal.requests())
    };
    VerificationReport {
        verified,
        is_certain: verified || most < expected.min || expected.max.is_some_and(|max| found > max),
        detail: format!("expected {expected}, found {found}"),
        found,
        nearest,
    }
}

fn compare_sequence(
    patterns: &[RequestPattern],
    journal: &JournalContent<'_>,
) -> VerificationReport {
    let mut rest = journal.requests();
    let arrived = |pattern: &&RequestPattern| rest.by_ref().any(|entry| pattern.matches(entry));
    let found = patterns.iter().take_while(arrived).count();
    let (verified, total) = (found == patterns.len(), patterns.len());
    let mut nearest_requests = Vec::new();
    let mut detail = format!("expected {total} requests in this order, found all");
    if let Some(pattern) = patterns.get(found) {
        detail = format!(
            "expected {total} requests in this order, found the first {found}; request {} did not follow",
            found + 1
        );
        nearest_requests = nearest(pattern, journal.requests());
    }
    VerificationReport {
        verified,
        is_certain: verified || journal.missing == 0,
        detail,
        found: found as u64,
        nearest: nearest_requests,
    }
}

fn compare_exactly(
    patterns: &[RequestPattern],
    journal: &JournalContent<'_>,
) -> VerificationReport {
    let requests: Vec<_> = journal.requests().collect();
    let pairs = || patterns.iter().zip(&requests);
    let found = pairs()
        .take_while(|(pattern, entry)| pattern.matches(entry))
        .count();
    let (expected, got) = (patterns.len(), requests.len());
    let mut detail = format!("expected exactly these {expected} requests, found {got}");
    let mut nearest = Vec::new();
    if let Some((pattern, entry)) = pairs().nth(found) {
        detail = format!("{detail}; request {} is another one", found + 1);
        nearest = explain([*entry], pattern);
    } else if let Some(entry) = requests.get(expected) {
        nearest = explain([*entry], &RequestPattern::default());
    }
    let verified = found == expected && got == expected && journal.missing == 0;
    VerificationReport {
        verified,
        is_certain: journal.missing == 0 || got > expected,
        detail,
        found: found as u64,
        nearest,
    }
}

/// The requests that meet the most conditions, the newest first among equals.
fn nearest<'a>(
    pattern: &RequestPattern,
    requests: impl Iterator<Item = &'a JournalEntry>,
) -> Vec<NearestRequest> {
    let mut requests: Vec<_> = requests.collect();
    requests.reverse();
    requests.sort_by_cached_key(|entry| pattern.mismatches(entry).len());
    explain(requests, pattern)
}

/// The first requests, each with the conditions that it does not meet.
fn explain<'a>(
    requests: impl IntoIterator<Item = &'a JournalEntry>,
    pattern: &RequestPattern,
) -> Vec<NearestRequest> {
    let explained = requests.into_iter().take(MAX_NEAREST);
    let explained = explained.map(|entry| NearestRequest {
        request: entry.clone(),
        mismatches: pattern.mismatches(entry),
    });
    explained.collect()
}

#[cfg(test)]
mod tests;
