//! Results: a recorded one, and others made of it.

use flagpole_analysis::comparison::{Cell, Comparison, StrategyResult};
use flagpole_analysis::validity::{Validity, ValidityIssue};

/// Two concurrencies and two strategies; `tests/reports.rs` says how it was recorded.
pub(crate) fn recorded() -> Comparison {
    serde_json::from_str(include_str!("../recorded.json")).unwrap()
}

/// Its first cell alone.
pub(crate) fn single_cell() -> Comparison {
    let mut comparison = recorded();
    comparison.cells.truncate(1);
    comparison.concurrency_curves.clear();
    comparison
}

/// A result with this number of cells, and in each of them this number of strategies, rounds and attempts.
pub(crate) fn large(cells: usize, strategies: usize, rounds: usize, attempts: usize) -> Comparison {
    let mut comparison = single_cell();
    let first = comparison.cells.remove(0);
    let curve = recorded().concurrency_curves.remove(0);
    for number in 0..cells {
        let mut cell = first.clone();
        for (name, value) in &mut cell.conditions {
            match name.as_str() {
                "max_concurrency" => *value = (number / 20 + 1).to_string(),
                "latency" => *value = format!("{}ms", number % 20 + 1),
                _ => {}
            }
        }
        let template = cell.strategies[0].clone();
        let names: Vec<String> = (1..=strategies)
            .map(|number| format!("strategy-{number}"))
            .collect();
        cell.strategies = names
            .iter()
            .map(|name| strategy(&template, name, &names, rounds, attempts))
            .collect();
        cell.reference = names.first().cloned();
        cell.rounds = rounds;
        let curves = names.iter().map(|name| {
            let mut curve = curve.clone();
            (curve.strategy, curve.conditions) =
                (name.clone(), format!("latency {}ms", number % 20 + 1));
            curve
        });
        comparison
            .concurrency_curves
            .extend(curves.filter(|_| number < 20));
        comparison.cells.push(cell);
    }
    comparison
}

fn strategy(
    template: &StrategyResult,
    name: &str,
    names: &[String],
    rounds: usize,
    attempts: usize,
) -> StrategyResult {
    let mut strategy = template.clone();
    name.clone_into(&mut strategy.name);
    let ratio = strategy.ratios[0].clone();
    let others = names.iter().filter(|other| *other != name);
    strategy.ratios = others
        .map(|other| {
            let mut ratio = ratio.clone();
            other.clone_into(&mut ratio.to);
            ratio
        })
        .collect();
    let round = strategy.rounds[0].clone();
    strategy.rounds = (1..=rounds)
        .map(|number| {
            let mut round = round.clone();
            round.round = number;
            round.wall_us += 137 * (number as u64 % 29);
            round
        })
        .collect();
    let attempt = strategy.median_round_attempts[0].clone();
    strategy.median_round_attempts = (1..=attempts)
        .map(|number| {
            let mut attempt = attempt.clone();
            attempt.download = number;
            let later = 1_234 * (number as u64 / 20);
            (attempt.due_us, attempt.sent_us) = (later, later + 100);
            attempt.first_byte_us = Some(later + 21_345);
            attempt.done_us = later + 22_456;
            attempt
        })
        .collect();
    strategy.median_round_attempt_count = attempts;
    strategy
}

/// The same result with this verdict on all cells.
pub(crate) fn judged(mut comparison: Comparison, validity: Validity) -> Comparison {
    for cell in &mut comparison.cells {
        cell.verdict.validity = validity;
        cell.verdict.reasons = vec![ValidityIssue {
            severity: validity,
            label: "server_late".to_owned(),
            message: "the server was late".to_owned(),
        }];
        cell.verdict.reasons.retain(|_| validity != Validity::Valid);
    }
    comparison
}

/// Calls `change` with each strategy.
pub(crate) fn each_strategy(comparison: &mut Comparison, change: impl Fn(&mut StrategyResult)) {
    let strategies = comparison
        .cells
        .iter_mut()
        .flat_map(|cell: &mut Cell| &mut cell.strategies);
    strategies.for_each(change);
}
