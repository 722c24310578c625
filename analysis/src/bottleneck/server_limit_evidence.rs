//! The evidence of a limit of the server: sentences with the supporting figures.

use super::analysis::BottleneckAnalysis;
use crate::human_duration::HumanDuration;
use crate::plural::plural;
use flagpole_protocol::Rejection;

pub(super) fn concurrency_limit(analysis: &BottleneckAnalysis<'_>) -> String {
    let rejected = rejected(analysis, Rejection::ConcurrencyLimit);
    let took = took(analysis);
    let Some(limit) = analysis.run.limits.concurrency else {
        return format!("{rejected} by the server's concurrency limit{took}");
    };
    let term = analysis.terms.map(|terms| terms.server_concurrency_limit);
    let term = HumanDuration(term.unwrap_or_default());
    format!(
        "with a concurrency limit of {limit} the server needs at least {term}; {rejected}{took}"
    )
}

pub(super) fn rate_limit(analysis: &BottleneckAnalysis<'_>) -> String {
    let rejected = rejected(analysis, Rejection::RateLimit);
    let took = took(analysis);
    let Some(rate) = analysis.run.limits.rate else {
        return format!("{rejected} by the server's rate limit{took}");
    };
    let (per_second, burst) = (rate.per_second, plural(rate.burst, "request"));
    match analysis.terms.map(|terms| terms.server_rate_limit) {
        Some(term) if !term.is_zero() => format!(
            "after a burst of {burst} the server admits {per_second} per second, which takes at least {}; \
             {rejected}{took}",
            HumanDuration(term)
        ),
        _ => format!(
            "{rejected} by the rate limit of {per_second} per second after a burst of {burst}{took}"
        ),
    }
}

/// How many attempts a limit of the server rejected.
fn rejected(analysis: &BottleneckAnalysis<'_>, limit: Rejection) -> String {
    let attempts = plural(analysis.run.records.len(), "attempt");
    let rejected = analysis.rejections(limit);
    let timed_out = match analysis.timed_out_in_queue() {
        0 => String::new(),
        count => format!(", and {count} timed out in the queue"),
    };
    format!("the server rejected {rejected} of {attempts}{timed_out}")
}

/// How long the run took, and what rejected attempts contribute to that.
fn took(analysis: &BottleneckAnalysis<'_>) -> String {
    let with_rejections = if analysis.bound_with_rejections > analysis.bound {
        format!(
            "; counting those and the backoff after them the lower bound would be {}",
            HumanDuration(analysis.bound_with_rejections)
        )
    } else {
        String::new()
    };
    let wall = HumanDuration(analysis.run.wall);
    format!("{with_rejections}, and the run took {wall}")
}
