//! The iterations of a scenario: where they ended.

use super::count_axis::count_axis;
use super::load_context::LoadContext;
use crate::grouped;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use crate::human::percent;
use crate::load::{IterationStep, LoadIterations};
use maud::html;

/// The most steps in the picture; the table has all.
const MAX_STEPS: usize = 40;

const ROW: f64 = 28.0;

/// The classes of the areas.
const FAILED: &str = "a5";
const MISSING: &str = "a7";

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let iterations = context.result.iterations.as_ref()?;
    let steps = &iterations.steps[..iterations.steps.len().min(MAX_STEPS)];
    let ends = steps
        .iter()
        .map(|step| (step.failed_requests + step.missing_values) as f64);
    let axis = count_axis("iterations that ended at the step", ends);
    let frame = PlotFrame::rows(
        axis,
        steps.iter().map(|step| (step.name.as_str(), None)),
        ROW,
    );
    let bar = |index: usize, from: u64, to: u64| {
        let [from, to] = [from, to].map(|count| frame.x(count as f64));
        rectangle(
            from,
            frame.row(index) - ROW / 2.0 + 5.0,
            to - from,
            ROW - 10.0,
        )
    };
    Some(Figure {
        conclusion: conclusion(iterations),
        reading: "An iteration ends at a step whose request is no success, or whose response lacks a value that the step extracts; the \
                  later steps are not requested then."
            .to_owned(),
        drawing: html! {
            (frame.draw())
            @for (index, step) in steps.iter().enumerate() {
                @let ends = step.failed_requests + step.missing_values;
                @if step.failed_requests > 0 { path class=(FAILED) d=(bar(index, 0, step.failed_requests)) {} }
                @if step.missing_values > 0 { path class=(MISSING) d=(bar(index, step.failed_requests, ends)) {} }
            }
        },
        height: frame.height(),
        legend: legend::of_areas([(FAILED, "request failed"), (MISSING, "value missing")]),
        table: table(iterations),
        ..context.figure("iterations", "Iterations of the scenario")
    })
}

fn conclusion(iterations: &LoadIterations) -> String {
    let LoadIterations {
        completed,
        failed,
        unfinished,
        ..
    } = iterations;
    let begun = completed + failed + unfinished;
    let share = percent(*completed as f64 / begun.max(1) as f64);
    format!(
        "Of {} iterations, {} completed ({share}), {} failed and {} had not ended.",
        grouped(begun),
        grouped(*completed),
        grouped(*failed),
        grouped(*unfinished)
    )
}

fn table(iterations: &LoadIterations) -> DataTable {
    let row = |step: &IterationStep| {
        vec![
            step.name.clone(),
            grouped(step.failed_requests),
            grouped(step.missing_values),
            or_dash(step.first_reason.clone()),
        ]
    };
    DataTable {
        caption: "Iterations that ended at each step".to_owned(),
        columns: vec![
            Column::text("step"),
            Column::number("request failed"),
            Column::number("value missing"),
            Column::text("reason of the first missing value"),
        ],
        rows: iterations.steps.iter().map(row).collect(),
        ..DataTable::default()
    }
}
