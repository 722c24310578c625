//! What the report of a load run says first.

use crate::HumanDuration;
use crate::html::chart::label::escaped_lines;
use crate::html::here_document::here_document;
use crate::html::verdict::Opening;
use crate::load::report::LoadAnswer;
use crate::load::report::sentences::{ASKED, asked};
use crate::load::{LoadModel, LoadResult, StopReason};
use crate::validity::Validity;
use maud::{Markup, html};

/// The most targets that are named.
const MAX_TARGETS: usize = 5;

/// The longest command on a page, in bytes.
const MAX_COMMAND: usize = 20_000;

/// The verdict, the conditions, the command that repeats the run, and the answer.
pub(super) fn opening(result: &LoadResult) -> Opening<'_> {
    let verdict = &result.verdict;
    let reasons = verdict
        .reasons
        .iter()
        .map(|reason| (reason.severity, reason.message.clone()));
    let conclusion = LoadAnswer::conclusion(result);
    let answer = match (verdict.validity, verdict.reasons.first()) {
        (Validity::Invalid, Some(reason)) => format!("There is no answer: {}", reason.message),
        _ => conclusion,
    };
    Opening {
        validity: verdict.validity,
        is_partly_valid: false,
        answer: vec![answer],
        reasons: reasons.collect(),
        unchecked: verdict.unchecked.clone(),
        conditions: conditions(result),
        environment: &result.environment,
        repetition: repetition(result),
    }
}

fn conditions(result: &LoadResult) -> Vec<(String, String)> {
    let targets = result.targets.iter().take(MAX_TARGETS).cloned();
    let mut targets: Vec<String> = targets.collect();
    if let more @ 1.. = result.targets.len().saturating_sub(MAX_TARGETS) {
        targets.push(format!("and {more} more"));
    }
    let settings = result.settings.iter();
    let settings = settings
        .filter(|(name, _)| !ASKED.contains(&&name[..]))
        .cloned();
    let stop = match &result.stop {
        StopReason::Completed => None,
        StopReason::Interrupted => Some("interrupted by the user".to_owned()),
        StopReason::Aborted { message } | StopReason::ServerGone { message } => {
            Some(message.clone())
        }
    };
    let of_server = result.settings.iter().find(|(name, _)| name == "seed");
    let seed = match (&result.asked.model, of_server) {
        (_, Some((_, seed))) => Some(seed.clone()),
        (LoadModel::Open { seed, .. }, None) => Some(seed.to_string()),
        (LoadModel::Closed { .. } | LoadModel::Users { .. } | LoadModel::Unknown, None) => None,
    };
    let named = |name: &str, value: String| (name.to_owned(), value);
    let asked = named("load", asked(&result.asked));
    [named("target", targets.join("; ")), asked]
        .into_iter()
        .chain(seed.map(|seed| named("seed", seed)))
        .chain(settings)
        .chain([named(
            "measured",
            HumanDuration::from_micros(result.elapsed_us).to_string(),
        )])
        .chain(stop.map(|stop| named("ended early", stop)))
        .collect()
}

/// The command that repeats the run, with the file that it reads.
fn repetition(result: &LoadResult) -> Markup {
    let Some(repeat) = &result.repeat else {
        return html! {};
    };
    let file = repeat
        .file
        .as_ref()
        .map(|text| here_document("run.toml", text));
    let command = file.unwrap_or_default() + &repeat.command;
    html! {
        details.repeat {
            summary { "Command that repeats it" }
            @if command.len() <= MAX_COMMAND {
                pre tabindex="0" { code { (escaped_lines(&command)) } }
            } @else {
                p.note { "The command has " (crate::grouped(command.len() as u64)) " bytes and is left out; the result document has it as " code { "repeat" } "." }
            }
        }
    }
}
