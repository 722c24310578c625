//! Requests by outcome over time, in layers.

use super::load_context::LoadContext;
use super::time_chart::{end_of_window, peak, seconds, step_area, when};
use super::time_points::TimePoint;
use crate::grouped;
use crate::html::chart::area_style;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable};
use crate::human::visible_percent;
use crate::load::OutcomeFigures;
use crate::load::report::sentences::counted;
use maud::{Markup, html};

/// The most kinds of failures that have a separate layer; the others share one.
const MAX_KINDS: usize = 5;

/// The areas of failures, the most frequent first.
const FAILURES: [usize; 6] = [5, 7, 2, 4, 1, 0];
const SUCCESS: usize = 3;

/// If a smaller part of the requests fails, successes are left out: failures would be too thin to see.
const LEAST_VISIBLE: f64 = 0.1;

/// Requests with one outcome, or with several.
struct Layer<'a> {
    name: String,
    /// The labels; none for successes.
    labels: Vec<&'a str>,
    class: String,
}

impl Layer<'_> {
    fn count(&self, point: &TimePoint) -> u64 {
        match self.labels.as_slice() {
            [] => point.succeeded,
            labels => labels
                .iter()
                .filter_map(|label| point.failed.get(*label))
                .sum(),
        }
    }
}

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let points = &context.time.points;
    let failures = layers(context);
    if failures.is_empty() || points.iter().all(|point| point.failures() == 0) {
        return None;
    }
    let has_successes = context.result.figures.error_share() >= LEAST_VISIBLE;
    let success = Layer {
        name: "succeeded".to_owned(),
        labels: Vec::new(),
        class: area_style::class(SUCCESS),
    };
    let mut shown: Vec<&Layer<'_>> = failures.iter().collect();
    shown.extend(has_successes.then_some(&success));
    let totals = points
        .iter()
        .map(|point| point.per_second(shown.iter().map(|layer| layer.count(point)).sum()));
    let frame = context.time_frame(Axis::numbers(
        "requests per second",
        Scale::from_zero(totals),
    ));
    let left_out = if has_successes {
        ""
    } else {
        " Successes are left out, as they would hide the failures."
    };
    Some(Figure {
        conclusion: conclusion(context),
        reading: format!(
            "The layers lie on each other, so that the height of all is their sum; a request counts where it ended.{left_out}{}",
            context.time.folding("with the mean of their rates")
        ),
        drawing: html! {
            (frame.draw())
            (draw(&frame, points, &shown))
            (end_of_window(&frame, context.result.figures.window_us, &context.time))
        },
        height: frame.height(),
        legend: legend::of_areas(
            shown
                .iter()
                .rev()
                .map(|layer| (layer.class.as_str(), layer.name.as_str())),
        ),
        table: table(context, &failures),
        ..context.figure(
            "outcomes",
            if has_successes {
                "Outcomes over time"
            } else {
                "Failures over time"
            },
        )
    })
}

/// The layers of failures, the most frequent first.
fn layers<'a>(context: &LoadContext<'a>) -> Vec<Layer<'a>> {
    let outcomes = context.result.figures.outcomes.iter();
    let failures: Vec<&OutcomeFigures> = outcomes
        .filter(|one| !one.is_success && !one.is_unfinished)
        .collect();
    let (kinds, others) = match failures.len() {
        count if count > MAX_KINDS + 1 => failures.split_at(MAX_KINDS),
        _ => (&failures[..], &[][..]),
    };
    let kinds = kinds
        .iter()
        .map(|one| (one.outcome.clone(), vec![one.outcome.as_str()]));
    let others: Vec<&str> = others.iter().map(|one| one.outcome.as_str()).collect();
    let others =
        (!others.is_empty()).then(|| (counted(others.len() as u64, "other outcome"), others));
    let layers = kinds.chain(others).enumerate();
    let layer = |(index, (name, labels)): (usize, (String, Vec<&'a str>))| Layer {
        name,
        labels,
        class: area_style::class(FAILURES[index % FAILURES.len()]),
    };
    layers.map(layer).collect()
}

/// Each layer from the sum of those below it up to its own.
fn draw(frame: &PlotFrame, points: &[TimePoint], layers: &[&Layer<'_>]) -> Markup {
    let below = |upto: usize| {
        move |point: &TimePoint| {
            let counts = layers[..upto].iter().map(|layer| layer.count(point));
            Some(point.per_second(counts.sum()))
        }
    };
    html! {
        @for (index, layer) in layers.iter().enumerate() {
            path class=(layer.class) d=(step_area(frame, points, &below(index), &below(index + 1))) {}
        }
    }
}

fn conclusion(context: &LoadContext<'_>) -> String {
    let figures = &context.result.figures;
    let failures = figures
        .outcomes
        .iter()
        .filter(|one| !one.is_success && !one.is_unfinished);
    let named: Vec<_> = failures
        .take(3)
        .map(|one| format!("{} x {}", grouped(one.count), one.reason))
        .collect();
    let most = peak(&context.time.points, |point| Some(point.failures()));
    let most = most.map(|(count, point)| {
        format!(
            "; the most, {}, {}",
            grouped(count),
            when(point, context.time.seconds)
        )
    });
    format!(
        "{} of {} failed ({}): {}{}.",
        grouped(figures.failed),
        counted(figures.ended(), "request"),
        visible_percent(figures.error_share()),
        named.join(", "),
        most.unwrap_or_default()
    )
}

fn table(context: &LoadContext<'_>, failures: &[Layer<'_>]) -> DataTable {
    let headers = ["from (s)".to_owned(), "succeeded".to_owned()].into_iter();
    let headers = headers.chain(failures.iter().map(|layer| layer.name.clone()));
    let row = |point: &TimePoint| {
        let failed = failures.iter().map(|layer| grouped(layer.count(point)));
        [seconds(point.start_us), grouped(point.succeeded)]
            .into_iter()
            .chain(failed)
            .collect()
    };
    DataTable {
        caption: "Requests that ended, by outcome".to_owned(),
        columns: headers.map(Column::number).collect(),
        rows: context.time.points.iter().map(row).collect(),
        ..DataTable::default()
    }
}
