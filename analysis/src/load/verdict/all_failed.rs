//! `all_failed`, `nothing_measured`: no request succeeded.

use crate::human::{grouped, plural};
use crate::load::figures::LoadFigures;
use crate::validity::ValidityIssue;

/// Invalid: latencies are those of successes, and there are none.
pub(super) fn check(figures: &LoadFigures) -> Option<ValidityIssue> {
    if figures.succeeded > 0 {
        return None;
    }
    let Some(first) = figures
        .outcomes
        .iter()
        .find(|outcome| !outcome.is_unfinished)
    else {
        let message = match figures.unfinished {
            0 => "no request was made; ask for more requests, a longer run or a shorter warm-up"
                .to_owned(),
            unfinished => format!(
                "none of the {} ended; does the server answer at all? Ask for a longer run (`-z`) or `--grace`",
                plural(unfinished, "request")
            ),
        };
        return Some(ValidityIssue::invalid("nothing_measured", message));
    };
    let most = if figures.outcomes.len() > 1 {
        "mostly "
    } else {
        ""
    };
    let message = format!(
        "no request succeeded, {} failed, {most}with: {}; {}",
        grouped(figures.failed),
        first.reason,
        remedy(&first.outcome)
    );
    Some(ValidityIssue::invalid("all_failed", message))
}

fn remedy(outcome: &str) -> &'static str {
    match outcome {
        "connection_refused" => "is the server running, and is the port right?",
        "not_found" => "is the path right? If 404 is expected, say so by `--expect-status`",
        label if label.starts_with("http_") => {
            "if this status is expected, say so by `--expect-status`"
        }
        label if label.starts_with("timeout") => "raise the timeout or lower the load",
        _ => "try a single request with `flagpole get` or `curl`",
    }
}
