//! Downloads that did not succeed, by reason.

use super::cell_context::CellContext;
use crate::comparison::StrategyResult;
use crate::grouped;
use crate::html::chart::area_style;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::label::clipped;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable};
use crate::human::visible_percent;
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 26.0;

/// The reasons that have a separate area; later ones share the last.
const MAX_REASONS: usize = area_style::AREAS - 1;

/// The most characters of a reason.
const MAX_REASON: usize = 80;

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let strategies = &context.cell.strategies;
    let reasons = reasons(strategies);
    if reasons.is_empty() {
        return None;
    }
    let lost = strategies.iter().map(|one| unsuccessful(one) as f64);
    let axis = Axis::numbers(
        "downloads of all rounds without success",
        Scale::from_zero(lost),
    );
    let labels = context
        .styled()
        .map(|(one, style)| (one.name.as_str(), Some(style)));
    let texts: Vec<_> = strategies
        .iter()
        .map(|one| grouped(unsuccessful(one)))
        .collect();
    let frame = PlotFrame::rows(axis, labels, ROW).with_texts(texts.iter().map(String::as_str));
    let shown: Vec<_> = reasons
        .iter()
        .map(|reason| clipped(reason, MAX_REASON))
        .collect();
    let classes: Vec<_> = (0..shown.len().min(MAX_REASONS + 1)).map(area).collect();
    let names = shown.iter().take(MAX_REASONS).map(String::as_str);
    let names = names.chain((shown.len() > MAX_REASONS).then_some("other reasons"));
    Some(Figure {
        conclusion: conclusion(strategies),
        reading: "A bar is made of the reasons for which downloads did not succeed, so that equal bars have equal parts if the \
            strategies met the same faults."
            .to_owned(),
        drawing: draw(&frame, strategies, &reasons),
        height: frame.height(),
        legend: legend::of_areas(classes.iter().map(String::as_str).zip(names)),
        table: table(strategies, &reasons),
        ..context.figure("failures", "Downloads without success")
    })
}

/// The class of a reason: faults first, grey last.
fn area(index: usize) -> String {
    area_style::class([5, 4, 2, 7, 6, 3, 1, 0][index.min(MAX_REASONS)])
}

/// The reasons of all strategies, each once.
fn reasons(strategies: &[StrategyResult]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for (reason, _) in strategies.iter().flat_map(counts) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// The downloads of a strategy without success by reason.
fn counts(strategy: &StrategyResult) -> Vec<(String, u64)> {
    let failures = strategy.failures.iter();
    let failures = failures.map(|failure| (failure.reason.clone(), failure.count));
    let others = [
        ("404 Not Found", strategy.not_found),
        ("did not end", strategy.unstarted),
    ];
    let others = others
        .into_iter()
        .map(|(reason, count)| (reason.to_owned(), count));
    failures
        .chain(others)
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn unsuccessful(strategy: &StrategyResult) -> u64 {
    counts(strategy).iter().map(|(_, count)| count).sum()
}

fn draw(frame: &PlotFrame, strategies: &[StrategyResult], reasons: &[String]) -> Markup {
    html! {
        (frame.draw())
        @for (row, one) in strategies.iter().enumerate() {
            @let middle = frame.row(row);
            @for (class, path) in parts(frame, one, reasons, middle) { path class=(class) d=(path) {} }
            (frame.beside(row, &grouped(unsuccessful(one))))
        }
    }
}

fn parts(
    frame: &PlotFrame,
    strategy: &StrategyResult,
    reasons: &[String],
    middle: f64,
) -> Vec<(String, String)> {
    let mut from = 0.0;
    let parts = counts(strategy).into_iter().map(|(reason, count)| {
        let index = reasons.iter().position(|known| *known == reason);
        let (left, right) = (frame.x(from), frame.x(from + count as f64));
        from += count as f64;
        (
            area(index.unwrap_or(MAX_REASONS)),
            rectangle(left, middle - 8.0, right - left, 16.0),
        )
    });
    parts.collect()
}

/// The share of downloads without success of each strategy.
fn conclusion(strategies: &[StrategyResult]) -> String {
    let clauses = strategies.iter().map(|one| {
        let all = one.ok + one.not_found + one.error + one.unstarted;
        let lost = unsuccessful(one);
        let share = visible_percent(lost as f64 / all.max(1) as f64);
        format!(
            "{} of {} ({share}) with {}",
            grouped(lost),
            grouped(all),
            one.name
        )
    });
    let clauses: Vec<_> = clauses.take(4).collect();
    let more = match strategies.len() - clauses.len() {
        0 => String::new(),
        rest => format!(", {rest} more in the table"),
    };
    format!("Downloads without success: {}{more}.", clauses.join(", "))
}

fn table(strategies: &[StrategyResult], reasons: &[String]) -> DataTable {
    let first = ["succeeded", "attempts", "retries", "hedges"].map(Column::number);
    let rows = strategies.iter().map(|one| {
        let counts = counts(one);
        let of_reason = |reason: &String| {
            let found = counts.iter().find(|(known, _)| known == reason);
            grouped(found.map_or(0, |(_, count)| *count))
        };
        let figures = [one.ok, one.attempts, one.retries, one.hedges].map(grouped);
        let mut cells = vec![one.name.clone()];
        cells.extend(figures.into_iter().chain(reasons.iter().map(of_reason)));
        cells
    });
    DataTable {
        caption: "Downloads and attempts of all rounds".to_owned(),
        rows: rows.collect(),
        columns: [Column::text("strategy")]
            .into_iter()
            .chain(first)
            .chain(reasons.iter().map(Column::number))
            .collect(),
        ..DataTable::default()
    }
}
