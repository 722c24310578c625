//! `sample_too_small`: a condition of the user is about a percentile that the sample does not support.

use crate::load::condition::{ConditionResult, ConditionStatus};
use crate::validity::ValidityIssue;

/// Suspect: what was asked is not answered. Percentiles that were not asked about are only left out.
pub(super) fn check(conditions: &[ConditionResult]) -> Vec<ValidityIssue> {
    let unknown = conditions
        .iter()
        .filter(|one| one.status == ConditionStatus::NotJudged);
    let issue = |one: &ConditionResult| {
        let message = format!("not judged: {}; ask for a longer run", one.message);
        ValidityIssue::suspect("sample_too_small", message)
    };
    unknown.map(issue).collect()
}
