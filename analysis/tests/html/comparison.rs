//! The figures of a comparison on its page are those of the result.

use crate::page::Page;
use crate::results::{each_strategy, judged, large, recorded, single_cell};
use flagpole_analysis::comparison::{Comparison, StrategyResult};
use flagpole_analysis::html;
use flagpole_analysis::validity::Validity;
use std::collections::BTreeMap;

type Row<'a> = BTreeMap<&'a str, &'a str>;

fn page(comparison: &Comparison) -> Page {
    Page::read(&html::comparison_report(std::slice::from_ref(comparison)))
}

/// A number in a cell as it stands there: without the groups of its digits.
fn number(row: &Row<'_>, header: &str) -> String {
    let cell = row
        .get(header)
        .unwrap_or_else(|| panic!("no {header} in {row:?}"));
    cell.replace(',', "")
}

fn millis(us: u64) -> String {
    format!("{}.{:03}", us / 1000, us % 1000)
}

/// The rows of a figure of a cell that are about this strategy.
fn rows_of<'a>(page: &'a Page, figure: &str, strategy: &str) -> Vec<Row<'a>> {
    let rows = page.rows(figure).into_iter();
    rows.filter(|row| row["strategy"] == strategy).collect()
}

/// Calls `check` with each strategy, its page, and the number of its cell.
fn check_each(check: impl Fn(&Page, usize, &StrategyResult)) {
    let comparison = recorded();
    let page = page(&comparison);
    for (cell, number) in comparison.cells.iter().zip(1..) {
        for strategy in &cell.strategies {
            check(&page, number, strategy);
        }
    }
}

#[test]
fn ratios_are_those_of_the_result() {
    let comparison = recorded();
    let page = page(&comparison);
    for (cell, number_of_cell) in comparison.cells.iter().zip(1..) {
        let reference = cell.reference.as_deref().unwrap();
        for strategy in cell.strategies.iter().filter(|one| one.name != reference) {
            let ratio = strategy.ratio_to(reference).unwrap();
            let [low, high] = ratio.confidence_interval.unwrap();
            let rows = rows_of(&page, &format!("ratios-{number_of_cell}"), &strategy.name);
            for (header, value) in [
                ("ratio", ratio.ratio),
                ("95% CI low", low),
                ("95% CI high", high),
            ] {
                assert_eq!(number(&rows[0], header), format!("{value:.4}"));
            }
        }
    }
}

#[test]
fn walls_bounds_and_terms_are_those_of_the_result() {
    check_each(|page, cell, strategy| {
        let rows = rows_of(page, &format!("bound-{cell}"), &strategy.name);
        let wall = strategy.wall_us;
        let terms = strategy.bottleneck.as_ref().unwrap().terms.unwrap();
        for (header, us) in [
            ("median (ms)", wall.median),
            ("minimum (ms)", wall.min),
            ("maximum (ms)", wall.max),
            ("bound (ms)", strategy.bound_us.unwrap()),
            ("critical path (ms)", terms.critical_path_us),
            ("work / concurrency (ms)", terms.even_split_us),
            ("packing (ms)", terms.packing_us),
        ] {
            assert_eq!(number(&rows[0], header), millis(us), "{header}");
        }
        assert_eq!(
            number(&rows[0], "mean (ms)"),
            format!("{:.3}", wall.mean / 1000.0)
        );
        let efficiency = strategy
            .efficiency
            .map(|share| format!("{:.2}", 100.0 * share));
        assert_eq!(number(&rows[0], "efficiency (%)"), efficiency.unwrap());
    });
}

#[test]
fn percentiles_are_those_of_the_result() {
    check_each(|page, cell, strategy| {
        let rows = rows_of(page, &format!("percentiles-{cell}"), &strategy.name);
        assert_eq!(rows.len(), strategy.percentiles.len());
        for (row, point) in rows.iter().zip(&strategy.percentiles) {
            assert_eq!(number(row, "quantile"), format!("{:.4}", point.quantile));
            let download = point.download_time_us.map(millis);
            assert_eq!(number(row, "download time (ms)"), download.unwrap());
            assert_eq!(
                number(row, "response time (ms)"),
                millis(point.response_time_us)
            );
            assert_eq!(
                number(row, "service time (ms)"),
                millis(point.service_time_us)
            );
        }
    });
}

#[test]
fn attempts_are_those_of_the_median_round() {
    check_each(|page, cell, strategy| {
        let rows = rows_of(page, &format!("waterfall-{cell}"), &strategy.name);
        assert_eq!(rows.len(), strategy.median_round_attempts.len());
        for attempt in &strategy.median_round_attempts {
            let is_this = |row: &&Row<'_>| {
                number(row, "download") == attempt.download.to_string()
                    && number(row, "attempt") == attempt.attempt.to_string()
            };
            let row = rows.iter().find(is_this).unwrap();
            assert_eq!(
                (row["kind"], row["path"]),
                (&attempt.kind[..], &attempt.resource[..])
            );
            assert!(row["outcome"].starts_with(&attempt.outcome));
            for (header, us) in [
                ("due (ms)", attempt.due_us),
                ("backoff (ms)", attempt.backoff_us),
                ("sent (ms)", attempt.sent_us),
                ("done (ms)", attempt.done_us),
            ] {
                assert_eq!(number(row, header), millis(us));
            }
            if let Some(us) = attempt.first_byte_us {
                assert_eq!(number(row, "first byte (ms)"), millis(us));
            }
        }
    });
}

#[test]
fn rounds_are_those_of_the_result() {
    check_each(|page, cell, strategy| {
        let rows = page.rows(&format!("rounds-{cell}"));
        for round in &strategy.rounds {
            let row = rows
                .iter()
                .find(|row| row["round"] == round.round.to_string())
                .unwrap();
            assert_eq!(
                number(row, &format!("{} (ms)", strategy.name)),
                millis(round.wall_us)
            );
        }
    });
}

#[test]
fn resources_and_failures_are_those_of_the_result() {
    check_each(|page, cell, strategy| {
        let usage = strategy.resource_usage;
        let cpu = rows_of(page, &format!("cpu-{cell}"), &strategy.name);
        assert_eq!(
            number(&cpu[0], "client, user (ms)"),
            millis(usage.cpu_user_us)
        );
        assert_eq!(
            number(&cpu[0], "client, kernel (ms)"),
            millis(usage.cpu_system_us)
        );
        let memory = rows_of(page, &format!("memory-{cell}"), &strategy.name);
        for (header, figure) in [
            ("peak memory (KiB)", usage.peak_memory_kib),
            ("peak threads", usage.peak_threads),
            ("voluntary switches", usage.voluntary_context_switches),
        ] {
            assert_eq!(number(&memory[0], header), figure.to_string());
        }
        let failures = page.has_figure(&format!("failures-{cell}"));
        let rows = if failures {
            rows_of(page, &format!("failures-{cell}"), &strategy.name)
        } else {
            Vec::new()
        };
        for failure in &strategy.failures {
            assert_eq!(number(&rows[0], &failure.reason), failure.count.to_string());
        }
    });
}

#[test]
fn curves_are_those_of_the_result() {
    let comparison = recorded();
    let page = page(&comparison);
    for curve in &comparison.concurrency_curves {
        let rows = rows_of(&page, "concurrency-1", &curve.strategy);
        for point in &curve.points {
            let row = rows
                .iter()
                .find(|row| row["concurrency"] == point.concurrency.to_string())
                .unwrap();
            assert_eq!(number(row, "goodput (/s)"), format!("{:.2}", point.goodput));
        }
    }
}

#[test]
fn every_figure_has_title_description_and_table() {
    let page = page(&recorded());
    let figures = page.count("figure");
    assert!(figures >= 16, "{figures}");
    assert_eq!(
        (page.count("desc"), page.count("figure")),
        (figures, figures)
    );
    let pictures = page
        .elements
        .iter()
        .filter(|one| one.attributes.get("role").is_some_and(|role| role == "img"));
    for picture in pictures {
        let labels = picture.attributes["aria-labelledby"].split(' ');
        for label in labels {
            assert!(
                page.elements
                    .iter()
                    .any(|one| one.attributes.get("id").is_some_and(|id| id == label)),
                "{label}"
            );
        }
    }
}

#[test]
fn identifiers_are_used_once() {
    let page = page(&recorded());
    let mut ids: Vec<_> = page
        .elements
        .iter()
        .filter_map(|one| one.attributes.get("id"))
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn invalid_figures_say_so_in_every_chart() {
    let page = page(&judged(single_cell(), Validity::Invalid));
    let figures = page
        .elements
        .iter()
        .filter(|element| element.name == "figure");
    assert!(figures.clone().count() > 5);
    assert!(
        figures
            .clone()
            .all(|figure| figure.attributes["class"].contains("invalid"))
    );
    assert_eq!(
        page.text
            .matches("INVALID: these figures must not be used")
            .count(),
        figures.count()
    );
}

#[test]
fn doubtful_figures_have_their_reasons() {
    let page = page(&judged(recorded(), Validity::Suspect));
    assert!(
        page.text
            .contains("SUSPECT: all cells: the server was late"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("INVALID"));
}

#[test]
fn result_without_cells_has_a_page() {
    let mut comparison = recorded();
    comparison.cells.clear();
    comparison.concurrency_curves.clear();
    let page = page(&comparison);
    assert!(page.text.contains("nothing was measured"), "{}", page.text);
    assert_eq!(page.count("figure"), 0);
    assert!(
        Page::read(&html::comparison_report(&[]))
            .text
            .contains("There is no result")
    );
}

#[test]
fn one_round_and_bare_results_have_a_page() {
    let mut comparison = large(1, 2, 1, 1);
    let text = page(&comparison).text;
    assert!(text.contains("Ratios of wall times"), "{text}");
    each_strategy(&mut comparison, |strategy| {
        let name = strategy.name.clone();
        *strategy = StrategyResult::default();
        strategy.name = name;
    });
    page(&comparison);
}

#[test]
fn many_attempts_are_folded_to_a_strip() {
    let page = page(&large(1, 3, 5, 1000));
    assert!(page.text.contains("is folded to such a strip"));
    assert_eq!(page.rows("waterfall-1").len(), 3 * 24);
}

#[test]
fn page_is_the_same_for_the_same_result() {
    let [one, other] =
        [recorded(), recorded()].map(|comparison| html::comparison_report(&[comparison]));
    assert_eq!(one, other);
}

#[test]
fn one_invalid_cell_does_not_make_the_charts_of_others_grey() {
    let mut comparison = judged(recorded(), Validity::Valid);
    let invalid = judged(recorded(), Validity::Invalid).cells.remove(0);
    comparison.cells[0] = invalid;
    let html = html::comparison_report(&[comparison]);
    let class = |id: &str| {
        let figure = html.split(&format!("<figure id=\"{id}\" class=\"")).nth(1);
        figure.unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(class("ratios-1"), "figure invalid");
    assert_eq!(class("ratios-2"), "figure");
    assert_eq!(class("overview-ratios"), "figure");
    assert!(
        html.contains("INVALID: concurrency"),
        "the row of the cell says so"
    );
    assert!(html.contains("Those of other cells are coloured"));
}
