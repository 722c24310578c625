//! Pages stay small, and say what is left out for that.

use crate::hostile::check;
use crate::results::{each_strategy, large};
use flagpole_analysis::html;

#[test]
fn page_of_three_strategies_and_60_files_is_at_most_150_kilobytes() {
    let html = html::comparison_report(&[large(1, 3, 20, 60)]);
    check(&html);
    assert!(html.len() <= 150_000, "{}", html.len());
    assert!(!html.contains("left out"), "nothing has to be left out");
}

#[test]
fn page_of_any_result_is_at_most_one_megabyte() {
    for (cells, strategies, rounds, attempts) in [
        (1, 12, 200, 10_000),
        (40, 12, 200, 1_000),
        (300, 12, 5, 10),
        (2, 100, 20, 200),
    ] {
        let html = html::comparison_report(&[large(cells, strategies, rounds, attempts)]);
        check(&html);
        assert!(html.len() <= 1_000_000, "{cells} cells: {}", html.len());
        let is_folded = cells > 1 || attempts > 250;
        assert_eq!(
            html.contains("left out") || html.contains("folded"),
            is_folded,
            "{cells} cells"
        );
    }
}

#[test]
fn long_names_and_messages_do_not_make_a_page_long() {
    let mut comparison = large(20, 12, 20, 100);
    each_strategy(&mut comparison, |strategy| {
        strategy.name.insert_str(0, &"<long> ".repeat(2000));
        for attempt in &mut strategy.median_round_attempts {
            attempt.resource = format!("/{}", "x".repeat(4000));
        }
    });
    for cell in &mut comparison.cells {
        cell.verdict.unchecked = (0..200)
            .map(|number| format!("{number} {}", "&".repeat(5000)))
            .collect();
    }
    let html = html::comparison_report(&[comparison]);
    check(&html);
    assert!(html.len() <= 1_000_000, "{}", html.len());
}
