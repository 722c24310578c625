//! The first lines of a report: the verdict, the answer, and the reasons to doubt it.

use super::sentences::{counted, errors, highest_percentile};
use crate::human::{HumanDuration, grouped, grouped_rate, plural};
use crate::load::asked::LoadModel;
use crate::load::result::LoadResult;
use crate::load::search_result::{SearchEnd, SearchResult, SearchVariable};
use crate::validity::Validity;

/// A reached rate that differs from the asked one by less than this part of it is the asked one.
const SAME_RATE: f64 = 0.005;

/// The first lines of a report.
pub(crate) struct LoadAnswer {
    pub(crate) validity: Validity,
    /// The answer; where the figures are invalid, why.
    pub(crate) line: String,
    /// The reasons that `line` does not name, with their severities.
    pub(crate) doubts: Vec<(Validity, String)>,
}

impl LoadAnswer {
    pub(crate) fn new(result: &LoadResult) -> LoadAnswer {
        let verdict = &result.verdict;
        let reasons = verdict.reasons.iter();
        let mut doubts = reasons.map(|reason| (reason.severity, reason.message.clone()));
        let line = match (verdict.validity, &result.search) {
            (Validity::Invalid, None) => {
                let first = doubts.next().map(|(_, message)| message);
                first.unwrap_or_else(|| LoadAnswer::conclusion(result))
            }
            (Validity::Valid, _) => LoadAnswer::conclusion(result),
            _ => format!("{}; doubtful because:", LoadAnswer::conclusion(result)),
        };
        LoadAnswer {
            validity: verdict.validity,
            line,
            doubts: doubts.collect(),
        }
    }

    /// What the figures say, without the reasons to doubt them.
    pub(crate) fn conclusion(result: &LoadResult) -> String {
        match &result.search {
            Some(search) => found(search, result),
            None => figures(result),
        }
    }
}

/// `41,900 requests/s at 50 connections; p99 2.31 ms, no errors`.
fn figures(result: &LoadResult) -> String {
    let figures = &result.figures;
    let reached = grouped_rate(figures.requests_per_s);
    let load = match (&result.asked.model, figures.asked_per_s) {
        (LoadModel::Unknown, _) => format!("{reached} requests/s"),
        (LoadModel::Closed { connections, .. }, _) => {
            let connections = counted(result.asked.part_of(*connections), "connection");
            let up_to = if result.asked.model.is_constant() {
                ""
            } else {
                "up to "
            };
            format!("{reached} requests/s at {up_to}{connections}")
        }
        (LoadModel::Open { .. } | LoadModel::Users { .. }, Some(asked))
            if (figures.requests_per_s - asked).abs() <= SAME_RATE * asked =>
        {
            format!("{reached} requests/s, as asked")
        }
        (LoadModel::Open { .. } | LoadModel::Users { .. }, Some(asked)) => {
            let asked = grouped_rate(asked);
            let ended = if result.processes.len() > 1 {
                ""
            } else {
                " ended"
            };
            format!("{reached} requests/s{ended} of {asked}/s asked")
        }
        // Iterations were asked for, each of which has several requests.
        (LoadModel::Open { .. } | LoadModel::Users { .. }, None) => match &result.iterations {
            Some(iterations) => {
                let begun = grouped(iterations.begun());
                format!("{reached} requests/s of {begun} iterations")
            }
            None => format!("{reached} requests/s"),
        },
    };
    let shard = (result.asked.shard).map_or_else(String::new, |shard| format!("{shard}: "));
    let processes = match result.processes.len() {
        0 | 1 => String::new(),
        count => format!("{} processes made ", grouped(count as u64)),
    };
    let quality = match quality(result) {
        quality if quality.is_empty() => quality,
        quality => format!("; {quality}"),
    };
    format!("{shard}{processes}{load}{quality}")
}

/// `p99 2.31 ms, no errors`.
fn quality(result: &LoadResult) -> String {
    let mut parts: Vec<String> = highest_percentile(&result.figures).into_iter().collect();
    // Other programs do not always log what failed.
    if result.asked.model.is_known() || result.figures.failed > 0 {
        parts.push(errors(&result.figures));
    }
    if let Some(iterations) = result.iterations.as_ref().filter(|all| all.failed > 0) {
        let (failed, begun) = (grouped(iterations.failed), grouped(iterations.begun()));
        parts.push(format!("{failed} of {begun} iterations failed"));
    }
    if result.figures.unfinished > 0 {
        parts.push(format!("{} unfinished", grouped(result.figures.unfinished)));
    }
    parts.join(", ")
}

/// What a search found.
fn found(search: &SearchResult, result: &LoadResult) -> String {
    let (variable, condition) = (search.variable, &search.condition);
    let limit = search.limit.map(|limit| variable.describe(limit));
    let noun = match variable {
        SearchVariable::Rate => "rate",
        SearchVariable::Concurrency => "concurrency",
    };
    let window = HumanDuration::from_micros(result.figures.window_us);
    let quality = quality(result);
    match (&search.end, limit) {
        (SearchEnd::Confirmed, Some(limit)) if search.client_limit.is_some() => format!(
            "{limit} is the highest {noun} that the client can make and that meets `{condition}`; {quality} in {window}"
        ),
        (SearchEnd::Confirmed, Some(limit)) => {
            format!("{limit} is the highest {noun} that meets `{condition}`; {quality} in {window}")
        }
        (SearchEnd::Maximum, Some(limit)) => {
            format!(
                "{limit}, the highest {noun} that was asked for, meets `{condition}`; {quality}"
            )
        }
        (SearchEnd::Stopped { message }, limit) => {
            let limit = limit.map_or("none".to_owned(), |limit| format!("{limit}, not confirmed"));
            format!(
                "the search ended early: {message}; highest {noun} that met `{condition}`: {limit}"
            )
        }
        (SearchEnd::NoneMeets | SearchEnd::Confirmed | SearchEnd::Maximum, _) => {
            let steps = plural(search.curve.len() as u64, "measured load");
            format!("no {noun} meets `{condition}` ({steps})")
        }
    }
}
