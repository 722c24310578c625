//! The first lines of comparisons with known times.

use super::*;
use crate::test_runs::{cell, comparison};
use crate::validity::ValidityIssue;

/// The lines with the verdict, and the reasons.
fn answer(comparison: &Comparison) -> String {
    let answer = Answer::new(comparison, true);
    let doubts = answer
        .doubts
        .iter()
        .map(|(severity, text)| format!("{severity}: {text}"));
    let lines: Vec<_> = answer.lines.into_iter().chain(doubts).collect();
    format!("{}: {}", answer.validity, lines.join("\n"))
}

fn of_cell(cell: Cell) -> String {
    answer(&comparison(vec![cell]))
}

fn doubtful(cell: &mut Cell, validity: Validity, label: &str, message: &str) {
    cell.verdict.validity = cell.verdict.validity.max(validity);
    cell.verdict.reasons.push(ValidityIssue {
        severity: validity,
        label: label.to_owned(),
        message: message.to_owned(),
    });
}

/// Cells by their concurrency.
fn grid(cells: Vec<(&str, Cell)>) -> Comparison {
    let cells = cells.into_iter().map(|(concurrency, cell)| Cell {
        conditions: vec![("max_concurrency".to_owned(), concurrency.to_owned())],
        ..cell
    });
    comparison(cells.collect())
}

#[test]
fn slower_strategies_have_a_ratio_and_equal_ones_none() {
    let cell = cell(
        &[("sequential", 19.2), ("threads", 1.0), ("async", 1.0)],
        20,
    );
    assert_eq!(
        of_cell(cell),
        "VALID: sequential takes 19.2x the time of threads (19.1 to 19.3); threads and async do not differ by more than 0.7%"
    );
}

#[test]
fn named_reference_may_be_slower() {
    let mut cell = cell(
        &[("sequential", 20.0), ("threads", 1.0), ("async", 1.0)],
        20,
    );
    cell.reference = Some("sequential".to_owned());
    assert_eq!(
        of_cell(cell),
        "VALID: threads takes 0.0500x the time of sequential (0.0497 to 0.0503), async 0.0500x (0.0498 to 0.0502); threads and async do not differ by more than 0.7%"
    );
}

#[test]
fn slower_strategies_that_do_not_differ_are_grouped() {
    let cell = cell(&[("one", 3.0), ("two", 3.0), ("three", 1.0)], 20);
    assert_eq!(
        of_cell(cell),
        "VALID: one takes 3.00x the time of three (2.99 to 3.01), two 3.00x (2.98 to 3.02); one and two do not differ by more than 0.6%"
    );
}

/// With unequal noise, two strategies can differ from each other but not from a third.
#[test]
fn strategies_that_differ_from_each_other_are_no_group() {
    let mut cell = cell(&[("one", 1.0), ("two", 1.0), ("three", 1.0)], 20);
    cell.reference = Some("three".to_owned());
    cell.strategies[0].ratios.retain(|ratio| ratio.to != "two");
    cell.strategies[1].ratios.retain(|ratio| ratio.to != "one");
    assert_eq!(
        of_cell(cell),
        "VALID: neither one nor two differs from three by more than 0.7%"
    );
}

/// Makes the interval of the ratios of two strategies contain this difference.
fn widen(cell: &mut Cell, names: [&str; 2], difference: f64) {
    for strategy in &mut cell.strategies {
        let is_of_pair = names.contains(&strategy.name.as_str());
        let ratios = strategy.ratios.iter_mut();
        for ratio in ratios.filter(|ratio| is_of_pair && names.contains(&ratio.to.as_str())) {
            ratio.confidence_interval = Some([1.0 / (1.0 + difference), 1.0 + difference]);
            ratio.is_significant = Some(false);
        }
    }
}

#[test]
fn difference_is_not_answered_by_an_interval_wider_than_25_percent() {
    let mut cell = cell(&[("threads", 1.0), ("async", 1.0)], 20);
    widen(&mut cell, ["threads", "async"], 0.249);
    assert_eq!(
        of_cell(cell.clone()),
        "VALID: threads and async do not differ by more than 25%"
    );
    cell.reference = Some("async".to_owned());
    widen(&mut cell, ["threads", "async"], 1.127);
    assert_eq!(
        of_cell(cell),
        "VALID: the times vary too much to compare threads with async: they may differ by up to 113%"
    );
}

#[test]
fn noise_of_one_strategy_leaves_the_others_comparable() {
    let mut cell = cell(&[("one", 1.0), ("two", 1.0), ("three", 1.0)], 20);
    cell.reference = Some("three".to_owned());
    widen(&mut cell, ["one", "three"], 0.4);
    assert_eq!(
        of_cell(cell.clone()),
        "VALID: two and three do not differ by more than 0.7%; the times vary too much to compare one with three: they may differ by up to 40%"
    );
    widen(&mut cell, ["one", "three"], 0.2);
    widen(&mut cell, ["one", "two"], 0.4);
    assert_eq!(
        of_cell(cell),
        "VALID: neither one nor two differs from three by more than 20%"
    );
}

#[test]
fn slower_strategies_are_not_compared_with_each_other_if_their_times_vary() {
    let mut cell = cell(&[("one", 3.0), ("two", 3.0), ("three", 1.0)], 20);
    widen(&mut cell, ["one", "two"], 0.4);
    assert_eq!(
        of_cell(cell),
        "VALID: one takes 3.00x the time of three (2.99 to 3.01), two 3.00x (2.98 to 3.02); the times vary too much to compare one and two: they may differ by up to 40%"
    );
}

#[test]
fn few_rounds_give_no_interval() {
    let strategies = [("sequential", 19.2), ("threads", 1.1), ("async", 1.0)];
    assert_eq!(
        of_cell(cell(&strategies, 3)),
        "VALID: sequential takes about 19.2x the time of async, threads about 1.10x; 3 rounds are too few for an interval"
    );
    assert_eq!(
        of_cell(cell(&strategies[1..], 1)),
        "VALID: threads takes about 1.10x the time of async; 1 round is too few for an interval"
    );
}

#[test]
fn only_strategy_has_a_time_and_an_efficiency() {
    let mut only = cell(&[("async", 0.0612)], 20);
    assert_eq!(of_cell(only.clone()), "VALID: async takes 61.2 ms");
    only.strategies[0].efficiency = Some(0.961);
    assert_eq!(
        of_cell(only),
        "VALID: async takes 61.2 ms at an efficiency of 96%"
    );
}

#[test]
fn strategy_whose_downloads_ended_differently_is_not_comparable() {
    let mut cell = cell(&[("sequential", 2.0), ("threads", 1.1), ("async", 1.0)], 20);
    cell.strategies[0].ratios.clear();
    assert_eq!(
        of_cell(cell.clone()),
        "VALID: threads takes 1.10x the time of async (1.09 to 1.11); sequential is not comparable to async: different numbers of downloads succeeded"
    );
    cell.strategies[1].ratios.clear();
    assert_eq!(
        of_cell(cell),
        "VALID: sequential and threads are not comparable to async: different numbers of downloads succeeded"
    );
}

/// As with two policies, of which one retries.
#[test]
fn strategies_that_are_comparable_to_each_other_only_are_grouped() {
    let mut cell = cell(&[("one", 1.0), ("two", 1.0), ("retrying", 2.0)], 20);
    cell.reference = Some("retrying".to_owned());
    for strategy in &mut cell.strategies[..2] {
        strategy.ratios.retain(|ratio| ratio.to != "retrying");
    }
    assert_eq!(
        of_cell(cell),
        "VALID: one and two are not comparable to retrying: different numbers of downloads succeeded; one and two do not differ by more than 0.6%"
    );
}

#[test]
fn answer_says_if_no_download_succeeded() {
    let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 20);
    for strategy in &mut cell.strategies {
        strategy.ok = 0;
    }
    assert_eq!(
        of_cell(cell),
        "VALID: threads takes 2.00x the time of async (1.99 to 2.01); no download succeeded"
    );
}

#[test]
fn suspect_answer_is_doubtful_because_of_its_reasons() {
    let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 20);
    doubtful(
        &mut cell,
        Validity::Suspect,
        "server_late",
        "the server was too late",
    );
    assert_eq!(
        of_cell(cell),
        "SUSPECT: threads takes 2.00x the time of async (1.99 to 2.01); doubtful because:\nSUSPECT: the server was too late"
    );
}

#[test]
fn first_reason_takes_the_place_of_an_invalid_answer() {
    let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 20);
    doubtful(
        &mut cell,
        Validity::Suspect,
        "server_late",
        "the server was too late",
    );
    doubtful(&mut cell, Validity::Invalid, "aborted", "interrupted");
    assert_eq!(
        of_cell(cell),
        "INVALID: interrupted\nSUSPECT: the server was too late"
    );
}

#[test]
fn comparison_without_results_has_an_answer() {
    assert_eq!(
        answer(&comparison(Vec::new())),
        "INVALID: nothing was measured"
    );
    assert_eq!(of_cell(cell(&[], 20)), "VALID: no strategy has a result");
}

#[test]
fn cells_of_a_grid_with_equal_relations_share_a_line() {
    let cells = [("5", 1.0), ("10", 1.5), ("20", 2.0)];
    let cells = cells.map(|(concurrency, threads)| {
        (
            concurrency,
            cell(&[("threads", threads), ("async", 1.0)], 20),
        )
    });
    assert_eq!(
        answer(&grid(cells[1..].to_vec())),
        "VALID: threads takes 1.50x to 2.00x the time of async"
    );
    assert_eq!(
        answer(&grid(cells.into())),
        "VALID: concurrency 5: threads and async do not differ by more than 0.5%\nconcurrency 10, 20: threads takes 1.50x to 2.00x the time of async"
    );
}

#[test]
fn similar_reasons_of_a_grid_share_a_line() {
    let mut cells = ["5", "10", "20"]
        .map(|concurrency| (concurrency, cell(&[("threads", 2.0), ("async", 1.0)], 20)));
    for (concurrency, cell) in &mut cells[1..] {
        doubtful(
            cell,
            Validity::Suspect,
            "server_late",
            &format!("late by {concurrency} ms"),
        );
    }
    let mut comparison = grid(cells.into());
    assert_eq!(
        answer(&comparison),
        "SUSPECT: threads takes 2.00x the time of async; doubtful in 2 of 3 cells because:\nSUSPECT: concurrency 10, 20: late by 10 ms (and 1 similar)"
    );
    doubtful(
        &mut comparison.cells[1],
        Validity::Invalid,
        "aborted",
        "interrupted",
    );
    assert_eq!(
        answer(&comparison),
        "INVALID: concurrency 10: interrupted\nconcurrency 5, 20: threads takes 2.00x the time of async\nSUSPECT: concurrency 10, 20: late by 10 ms (and 1 similar)"
    );
    assert_eq!(Answer::new(&comparison, false).doubts.len(), 2);
}

#[test]
fn why_a_grid_was_aborted_comes_before_other_reasons() {
    let [mut first, mut second] =
        ["5", "10"].map(|concurrency| (concurrency, cell(&[("async", 1.0)], 20)));
    doubtful(&mut first.1, Validity::Invalid, "server_late", "late");
    doubtful(&mut second.1, Validity::Invalid, "aborted", "interrupted");
    assert_eq!(
        answer(&grid(vec![first, second])),
        "INVALID: concurrency 10: interrupted\nINVALID: concurrency 5: late"
    );
}
