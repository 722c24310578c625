//! The sentences of a report, one line each, before they are wrapped.

use crate::comparison::{Cell, Comparison, StrategyResult, ThresholdStatus, WallMeasuredAt};
use crate::human::{list, plural};
use std::collections::BTreeSet;

/// The conditions that all cells share, the concurrency of the strategies and the number of rounds.
pub(super) fn conditions(comparison: &Comparison) -> String {
    let varying = comparison.varying();
    let Some(first) = comparison.cells.first() else {
        return "no cells".to_owned();
    };
    let mut parts = vec![first.describe(|name| !varying.contains(&name))];
    parts.extend(concurrency(first).filter(|_| comparison.cells.len() == 1));
    parts.push(rounds(comparison));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// The measured rounds of the cell with the most: `20 rounds`. An interrupted round has results of some contenders: `5 to 6
/// rounds`.
pub(crate) fn rounds(comparison: &Comparison) -> String {
    let Some(cell) = comparison.cells.iter().max_by_key(|cell| cell.rounds) else {
        return plural(0, "round");
    };
    let rounds = plural(cell.rounds as u64, "round");
    let fewest = cell.strategies.iter().map(|one| one.rounds.len()).min();
    match fewest {
        Some(fewest) if fewest < cell.rounds => format!("{fewest} to {rounds}"),
        _ => rounds,
    }
}

/// The concurrency of the strategies: `concurrency 20 (sequential 1)`.
pub(crate) fn concurrency(cell: &Cell) -> Option<String> {
    let highest = cell.strategies.iter().map(|one| one.concurrency).max()?;
    let lower = cell
        .strategies
        .iter()
        .filter(|one| one.concurrency < highest);
    let lower: Vec<_> = lower
        .map(|one| format!("{} {}", one.name, one.concurrency))
        .collect();
    Some(match lower.as_slice() {
        [] => format!("concurrency {highest}"),
        lower => format!("concurrency {highest} ({})", lower.join(", ")),
    })
}

/// What could not be checked, each sentence once.
pub(crate) fn unchecked(comparison: &Comparison) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for sentence in comparison
        .cells
        .iter()
        .flat_map(|cell| &cell.verdict.unchecked)
    {
        let sentence = format!("not checked: {sentence}");
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

/// What limits each strategy of a single cell (unless details follow), the downloads without success, repeated rounds, and the notes.
pub(super) fn below_table(comparison: &Comparison, has_limits: bool) -> Vec<String> {
    let has_limits = has_limits && comparison.cells.len() == 1;
    let mut lines = Vec::new();
    for cell in &comparison.cells {
        let limits = shared(cell, limited_by);
        lines.extend(limits.into_iter().filter(|_| has_limits));
        let (prefix, unsuccessful) = (comparison.prefix(cell), shared(cell, unsuccessful));
        lines.extend(
            unsuccessful
                .iter()
                .map(|sentence| format!("{prefix}{sentence}")),
        );
    }
    lines.extend(repeated(comparison));
    lines.extend(programs(comparison));
    lines.extend(notes(comparison));
    lines
}

/// Where wall times are measured if there are programs, and which programs are not installed.
fn programs(comparison: &Comparison) -> Vec<String> {
    let mut cells = comparison.cells.iter();
    let is_at_server = cells.any(|cell| cell.wall_measured_at == WallMeasuredAt::Server);
    let wall = is_at_server.then(|| {
        "Wall times are measured at the server: from the head of the first request to the end of the last response"
            .to_owned()
    });
    let skipped = comparison.skipped.iter();
    let skipped = skipped.map(|one| format!("Not compared: {one}"));
    wall.into_iter().chain(skipped).collect()
}

/// A sentence for each strategy after its name; strategies with the same sentence share a line.
fn shared(cell: &Cell, sentence: fn(&StrategyResult) -> Option<String>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for strategy in &cell.strategies {
        let Some(sentence) = sentence(strategy) else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, names)) => names.push(&strategy.name),
            None => groups.push((sentence, vec![&strategy.name])),
        }
    }
    let lines = groups.iter().map(|(sentence, names)| {
        let has_program = cell.strategies.iter().any(|one| one.program.is_some());
        if names.len() > 2 && names.len() == cell.strategies.len() {
            let all = if has_program {
                "contenders"
            } else {
                "strategies"
            };
            format!("all {all}: {sentence}")
        } else {
            format!("{}: {sentence}", list(names))
        }
    });
    lines.collect()
}

/// What limits a strategy, and a remedy; the figures that show it are details.
fn limited_by(strategy: &StrategyResult) -> Option<String> {
    let bottleneck = strategy.bottleneck.as_ref()?;
    Some(format!("{}; {}", bottleneck.name(), bottleneck.remedy))
}

/// The downloads that were not found, those that failed and those that did not start. The table may have no room for
/// their numbers.
fn unsuccessful(strategy: &StrategyResult) -> Option<String> {
    let not_found = Some(strategy.not_found).filter(|&count| count > 0);
    let not_found = not_found.map(|count| format!("{count} x 404 Not Found"));
    let failures = strategy.failures.iter();
    let failures = failures.map(|failure| format!("{} x {}", failure.count, failure.reason));
    let mut parts: Vec<_> = not_found.into_iter().chain(failures).collect();
    if strategy.unstarted > 0 {
        parts.push(format!("{} not started", strategy.unstarted));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many rounds of all cells were repeated, and how many stalled ones are in the figures because there were too few others.
fn repeated(comparison: &Comparison) -> Option<String> {
    let repeated = comparison.cells.iter().map(|cell| {
        let rounds = cell.repeated_rounds.iter().map(|repeated| repeated.round);
        rounds.collect::<BTreeSet<_>>().len()
    });
    let count: usize = repeated.sum();
    let rounds: usize = comparison.cells.iter().map(|cell| cell.rounds).sum();
    let of = plural(rounds as u64, "round");
    let kept = comparison.cells.iter().map(|cell| {
        let rounds = cell.strategies.iter().flat_map(|one| &one.stalled_rounds);
        rounds.collect::<BTreeSet<_>>().len()
    });
    let kept = match kept.sum::<usize>() {
        0 => String::new(),
        1 => "; 1 stalled round is in the figures".to_owned(),
        kept => format!("; {kept} stalled rounds are in the figures"),
    };
    (count > 0).then(|| format!("{count} of {of} repeated: the machine stalled{kept}"))
}

/// The knees of the curves, the comparison with the baseline, and the thresholds that are crossed or not judged.
fn notes(comparison: &Comparison) -> Vec<String> {
    let curves = &comparison.concurrency_curves;
    let differ = curves
        .windows(2)
        .any(|pair| pair[0].conditions != pair[1].conditions);
    let knees = curves.iter().map(|one| {
        let conditions = if differ {
            format!(", {}", one.conditions)
        } else {
            String::new()
        };
        format!("{}{conditions}: {}", one.strategy, one.knee)
    });
    let baseline = comparison.baseline.iter();
    let baseline = baseline.map(|one| format!("Baseline: {}: {}", one.name, one.message));
    let thresholds = comparison.thresholds.iter();
    let thresholds = thresholds.filter(|one| one.status != ThresholdStatus::Held);
    let thresholds = thresholds.map(|one| format!("Threshold {}: {}", one.status, one.message));
    knees.chain(baseline).chain(thresholds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::{cell, comparison};

    #[test]
    fn rounds_of_an_interrupted_comparison_differ() {
        let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 5);
        assert_eq!(rounds(&comparison(vec![cell.clone()])), "5 rounds");
        cell.strategies[1].rounds.pop();
        assert_eq!(rounds(&comparison(vec![cell])), "4 to 5 rounds");
    }

    #[test]
    fn downloads_that_were_not_found_have_a_sentence() {
        let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 5);
        for strategy in &mut cell.strategies {
            (strategy.not_found, strategy.failures) = (40, Vec::new());
        }
        let lines = below_table(&comparison(vec![cell]), false);
        assert_eq!(lines, ["threads and async: 40 x 404 Not Found"]);
    }
}
