//! `experiments_differ`: the processes were not asked for the same.

use crate::load::merge_facts::MergeFacts;
use crate::validity::ValidityIssue;

/// Invalid: the sum of different experiments answers no question.
pub(super) fn check(facts: &MergeFacts) -> Option<ValidityIssue> {
    let difference = facts.difference.as_ref()?;
    let message = format!(
        "the processes were not asked for the same: {difference}; merge the logs of one experiment"
    );
    Some(ValidityIssue::invalid("experiments_differ", message))
}
