//! Parses conditions, and refuses those that are certainly a mistake.

use super::expression::{LoadCondition, LoadTerm};
use super::metric::LoadMetric;
use crate::comparison::threshold::{Comparator, Dimension, Quantity};
use flagpole_protocol::{SpecError, did_you_mean};
use std::str::FromStr;
use strum::IntoEnumIterator as _;

/// The known metrics, as briefly as possible.
const METRICS: &str = "p50, p75, p90, p95, p99, p99.9, p99.99, min, mean, max; service.p99, failed.p99, lateness.p99 ...; \
                       errors, unfinished, status.503, outcome.timeout; rate, goodput";

impl FromStr for LoadCondition {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<LoadCondition, SpecError> {
        if let Some(mark) = ["(", ")", "&", "|", ","]
            .iter()
            .find(|mark| text.contains(**mark))
        {
            return Err(SpecError::rule(format!(
                "`{mark}` in `{text}`: join terms by `and` and `or`, as in `p99 < 50ms and errors < 0.1%`; `and` binds \
                 tighter"
            )));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let alternatives = words.split(|word| *word == "or");
        let any_of: Result<_, _> = alternatives.map(|words| conjunction(words, text)).collect();
        Ok(LoadCondition { any_of: any_of? })
    }
}

fn conjunction(words: &[&str], text: &str) -> Result<Vec<LoadTerm>, SpecError> {
    let terms = words.split(|word| *word == "and");
    terms
        .map(|words| match words.join(" ") {
            empty if empty.is_empty() => Err(form(text)),
            term => term.parse(),
        })
        .collect()
}

fn form(got: &str) -> SpecError {
    SpecError::expected(
        "`METRIC OP NUMBER`, such as `p99 < 50ms` or `errors > 1%`",
        got,
    )
}

impl FromStr for LoadTerm {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<LoadTerm, SpecError> {
        let at = text.find(['<', '>', '=', '!']).ok_or_else(|| form(text))?;
        let (subject, rest) = text.split_at(at);
        let (name, is_relative) = match subject.trim().split_once('/') {
            Some((name, "baseline")) => (name.trim(), true),
            Some((_, other)) => {
                return Err(SpecError::expected("`/baseline`", &format!("/{other}")));
            }
            None => (subject.trim(), false),
        };
        let metric: LoadMetric = name.parse()?;
        let mut comparators = Comparator::iter();
        let split = comparators.find_map(|one| Some((one, rest.strip_prefix(<&str>::from(one))?)));
        let operator = || SpecError::expected("`<`, `<=`, `>` or `>=`", text);
        let (comparator, number) = split.ok_or_else(operator)?;
        let limit = limit(&metric, is_relative, number.trim())?;
        let term = LoadTerm {
            metric,
            is_relative,
            comparator,
            limit,
        };
        match term.constant() {
            Some(holds) => {
                let always = if holds { "always" } else { "never" };
                let mistake = format!("`{term}`: the condition {always} holds");
                Err(SpecError::rule(mistake))
            }
            None => Ok(term),
        }
    }
}

/// The limit in the units of what is compared.
fn limit(metric: &LoadMetric, is_relative: bool, text: &str) -> Result<Quantity, SpecError> {
    let is_share = metric.is_part() && text.ends_with('%');
    let dimension = match (is_relative, is_share) {
        (true, _) => Dimension::Ratio,
        (false, true) => Dimension::Share,
        (false, false) => metric.dimension(),
    };
    let expected = match dimension {
        Dimension::Count => "a whole number such as `10`, or a share such as `0.1%`",
        other => other.expected(),
    };
    let error = || SpecError::expected(expected, text);
    let limit = Quantity::parse(text, dimension).ok_or_else(error)?;
    let is_whole = limit.base().fract() == 0.0;
    if dimension == Dimension::Count && !is_whole {
        return Err(error());
    }
    Ok(limit)
}

impl FromStr for LoadMetric {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<LoadMetric, SpecError> {
        if let Some(status) = text.strip_prefix("status.") {
            let number = status
                .parse()
                .ok()
                .filter(|code| (100..=999).contains(code));
            let error = || SpecError::expected("a status such as `status.503`", text);
            return number.map(LoadMetric::Status).ok_or_else(error);
        }
        if let Some(label) = text
            .strip_prefix("outcome.")
            .filter(|label| !label.is_empty())
        {
            return Ok(LoadMetric::Outcome(label.to_owned()));
        }
        let found = LoadMetric::named().find(|metric| metric.to_string() == text);
        found.ok_or_else(|| unknown(text))
    }
}

fn unknown(got: &str) -> SpecError {
    let names: Vec<_> = LoadMetric::named()
        .map(|metric| metric.to_string())
        .collect();
    // What other tools, and the thresholds of `compare`, call it.
    let synonym = match got {
        "error-rate" | "error_rate" | "failed" | "failures" => Some("errors"),
        "p999" => Some("p99.9"),
        "p9999" => Some("p99.99"),
        "avg" | "average" => Some("mean"),
        "median" => Some("p50"),
        "rps" | "qps" | "requests" | "throughput" => Some("rate"),
        _ => None,
    };
    match synonym.or_else(|| did_you_mean(got, names.iter().map(String::as_str))) {
        Some(name) => SpecError::rule(format!("unknown metric `{got}`; did you mean `{name}`?")),
        None => SpecError::rule(format!("unknown metric `{got}`; known: {METRICS}")),
    }
}

impl LoadTerm {
    /// Whether the term holds, if that is the same for all values that the figure can have: from 0, for shares to 1.
    fn constant(&self) -> Option<bool> {
        let limit = self.limit.base();
        let holds = |value| self.comparator.holds(value, limit);
        let max = self.dimension().max();
        let is_beyond_max = max.is_some_and(|max| limit >= max && holds(max) == holds(0.0));
        let is_at_0 = limit <= 0.0 && holds(0.0) == holds(1.0);
        (is_beyond_max || is_at_0).then(|| holds(0.0))
    }
}
