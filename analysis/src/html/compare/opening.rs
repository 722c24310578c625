//! What the report of a comparison says first.

use super::repetition;
use crate::comparison::{Cell, Comparison, MAX_CONCURRENCY, condition_label};
use crate::html::verdict::Opening;
use crate::human::plural;
use crate::report::answer::Answer;
use crate::report::sentences;
use crate::validity::Validity;

/// The most values of a condition that varies.
const MAX_VALUES: usize = 12;

/// The verdict, the conditions, the command that repeats the comparison, and the answer.
pub(super) fn opening(comparison: &Comparison) -> Opening<'_> {
    let answer = Answer::new(comparison, false);
    let (mut lines, mut reasons) = (answer.lines, answer.doubts);
    match answer.validity {
        // The first line is the reason that figures must not be used.
        Validity::Invalid if !lines.is_empty() => {
            let first = lines.remove(0);
            lines.insert(0, format!("There is no answer: {first}"));
            reasons.insert(0, (Validity::Invalid, first));
        }
        Validity::Suspect => lines = Answer::conclusions(comparison),
        _ => {}
    }
    let is_usable = |cell: &Cell| cell.verdict.validity != Validity::Invalid;
    Opening {
        validity: answer.validity,
        is_partly_valid: comparison.cells.iter().any(is_usable),
        answer: lines,
        reasons,
        unchecked: notes(comparison),
        conditions: conditions(comparison),
        environment: &comparison.environment,
        repetition: repetition::markup(comparison),
    }
}

/// What could not be checked, and the programs that are not there.
fn notes(comparison: &Comparison) -> Vec<String> {
    let skipped = comparison.skipped.iter();
    let skipped = skipped.map(|program| format!("not compared: {program}"));
    let unchecked = sentences::unchecked(comparison).into_iter();
    unchecked.chain(skipped).collect()
}

/// The conditions that all cells share, those that vary with their values, and the number of rounds.
fn conditions(comparison: &Comparison) -> Vec<(String, String)> {
    let Some(first) = comparison.cells.first() else {
        return Vec::new();
    };
    let varying = comparison.varying();
    let of_condition = |(name, value): &(String, String)| {
        let label = condition_label(name).to_owned();
        if !varying.contains(&name.as_str()) {
            return (label, value.clone());
        }
        let mut values: Vec<&str> = Vec::new();
        for cell in &comparison.cells {
            let value = cell.condition(name);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let more = values.len().saturating_sub(MAX_VALUES);
        values.truncate(MAX_VALUES);
        let more = if more > 0 {
            format!("; {more} more")
        } else {
            String::new()
        };
        (label, values.join("; ") + &more)
    };
    let mut conditions: Vec<_> = first.conditions.iter().map(of_condition).collect();
    if !varying.contains(&MAX_CONCURRENCY) {
        conditions.extend(concurrency(first));
    }
    let cells = comparison.cells.len() as u64;
    let rounds = sentences::rounds(comparison);
    conditions.push((
        "measured".to_owned(),
        match cells {
            1 => rounds,
            cells => format!("{} of {rounds}", plural(cells, "cell")),
        },
    ));
    conditions
}

/// The concurrency of the strategies, those with the highest first.
fn concurrency(cell: &Cell) -> Option<(String, String)> {
    let text = sentences::concurrency(cell)?;
    let value = text.strip_prefix("concurrency ").unwrap_or(&text);
    Some(("concurrency of contenders".to_owned(), value.to_owned()))
}
