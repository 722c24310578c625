//! What the result of a step says about its load.

use crate::load::condition::{ConditionResult, ConditionStatus, LoadCondition};
use crate::load::result::LoadResult;
use crate::load::stop_reason::StopReason;
use crate::validity::{Validity, Verdict};

/// What the result of a step says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The load meets the condition.
    Meets,
    /// The load does not meet it, or was not reached.
    Fails,
    /// The client was the limit, for this reason.
    ClientLimit(String),
    /// The run had too few requests for the percentiles of the condition.
    TooFew,
    /// No further step can say anything, for this reason.
    Ends(String),
}

impl Finding {
    /// The finding with what the point of the curve says.
    pub(super) fn new(
        condition: &LoadCondition,
        result: &LoadResult,
    ) -> (Finding, ConditionResult) {
        let mut judged = condition.judge(&result.figures, None);
        let reasons = &result.verdict.reasons;
        let reason = |labels: &[&str]| {
            let found = reasons
                .iter()
                .find(|reason| labels.contains(&&reason.label[..]));
            found.map(|reason| reason.message.clone())
        };
        let ends = match &result.stop {
            StopReason::Interrupted => Some("interrupted".to_owned()),
            StopReason::Aborted { message } | StopReason::ServerGone { message } => {
                Some(message.clone())
            }
            StopReason::Completed => reason(&["server_gone"]),
        };
        let not_reached = reason(&["server_slower_than_rate"]);
        let finding = if let Some(message) = ends {
            Finding::Ends(message)
        } else if judged.status == ConditionStatus::Holds && is_reached_late(&result.verdict) {
            Finding::Meets
        } else if let Some(limit) = result.verdict.client_limit() {
            (judged.status, judged.message) = (ConditionStatus::NotJudged, limit.message.clone());
            Finding::ClientLimit(limit.message.clone())
        } else if let Some(message) = not_reached {
            (judged.status, judged.message) = (ConditionStatus::DoesNotHold, message);
            Finding::Fails
        } else {
            match judged.status {
                ConditionStatus::Holds => Finding::Meets,
                ConditionStatus::NotJudged if has_too_few(condition, result) => Finding::TooFew,
                // Failed or unfinished requests leave too few successes.
                ConditionStatus::DoesNotHold | ConditionStatus::NotJudged => Finding::Fails,
            }
        };
        (finding, judged)
    }
}

/// Whether the client made all requests, although some of them late. Response times count from when requests were due: the
/// client makes them longer, never shorter, and what meets a condition with them meets it without.
fn is_reached_late(verdict: &Verdict) -> bool {
    let mut reasons = verdict.reasons.iter();
    reasons.all(|reason| match &reason.label[..] {
        "arrivals_late" | "processor_lost" => true,
        "client_slower_than_rate" | "server_slower_than_rate" => false,
        _ => reason.severity != Validity::Invalid,
    })
}

fn has_too_few(condition: &LoadCondition, result: &LoadResult) -> bool {
    let required = condition.required_samples();
    required.is_some_and(|required| result.figures.requests < required)
}
