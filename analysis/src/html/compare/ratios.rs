//! Ratios of wall times with their intervals, on a logarithmic axis.

use super::cell_context::CellContext;
use crate::comparison::{BaselineRatio, Ratio, StrategyResult};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, rectangle};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use crate::human::{percent, ratio_texts};
use crate::report::relative_times::RelativeTimes;
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 34.0;

/// A strategy, its ratio to the reference, and its ratio to itself in the baseline.
struct RatioRow<'a> {
    strategy: &'a StrategyResult,
    style: SeriesStyle,
    /// `None` for the reference.
    ratio: Option<&'a Ratio>,
    baseline: Option<&'a Ratio>,
}

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let reference = context.cell.reference.as_deref()?;
    let rows = rows(context, reference);
    if rows
        .iter()
        .all(|row| row.ratio.is_none() && row.baseline.is_none())
    {
        return None;
    }
    let scale = Scale::log_around(rows.iter().flat_map(RatioRow::ends).chain([1.0]));
    let title = format!("wall time divided by that of {reference}; above 1x is slower");
    let labels = rows
        .iter()
        .map(|row| (row.strategy.name.as_str(), Some(row.style)));
    let frame = PlotFrame::rows(Axis::ratios(title, scale), labels, ROW);
    let texts: Vec<_> = rows.iter().map(RatioRow::text).collect();
    let frame = frame.with_texts(texts.iter().map(String::as_str));
    let has_baseline = rows.iter().any(|row| row.baseline.is_some());
    let has_effect = rows.iter().any(|row| row.effect().is_some());
    Some(Figure {
        conclusion: RelativeTimes::from_cell(context.cell).sentence(&[context.cell]) + ".",
        reading: reading(has_baseline),
        drawing: draw(&frame, &rows),
        height: frame.height(),
        legend: legend(has_effect, has_baseline),
        table: table(&rows, reference, has_baseline),
        ..context.figure("ratios", "Ratios of wall times")
    })
}

fn rows<'a>(context: &CellContext<'a>, reference: &str) -> Vec<RatioRow<'a>> {
    let baselines = &context.comparison.baseline;
    let row = |(strategy, style): (&'a StrategyResult, SeriesStyle)| {
        let is_this = |one: &&BaselineRatio| {
            one.strategy.as_ref() == Some(&strategy.name)
                && one.conditions == context.cell.conditions
        };
        let row = RatioRow {
            strategy,
            style,
            ratio: strategy.ratio_to(reference),
            baseline: baselines
                .iter()
                .find(is_this)
                .and_then(|one| one.ratio.as_ref()),
        };
        let is_shown = strategy.name == reference || row.ratio.is_some() || row.baseline.is_some();
        is_shown.then_some(row)
    };
    context.styled().filter_map(row).collect()
}

impl RatioRow<'_> {
    /// The smallest difference that these rounds would have shown.
    fn effect(&self) -> Option<f64> {
        self.ratio?.minimum_detectable_effect
    }

    /// The ratio and its interval.
    fn text(&self) -> String {
        let Some(ratio) = self.ratio else {
            return "1x, reference".to_owned();
        };
        let (text, interval) = ratio_texts(ratio.ratio, ratio.confidence_interval);
        match interval {
            Some([low, high]) => format!("{text} ({low} to {high})"),
            None => text,
        }
    }

    /// All values that the row shows.
    fn ends(&self) -> impl Iterator<Item = f64> {
        let ratios = [self.ratio, self.baseline].into_iter().flatten();
        let effect = self
            .effect()
            .into_iter()
            .flat_map(|effect| [1.0 + effect, 1.0 / (1.0 + effect)]);
        ratios
            .flat_map(|ratio| {
                ratio
                    .confidence_interval
                    .into_iter()
                    .flatten()
                    .chain([ratio.ratio])
            })
            .chain(effect)
    }
}

fn draw(frame: &PlotFrame, rows: &[RatioRow<'_>]) -> Markup {
    let [_, top, _, bottom] = frame.area();
    let one = coordinate(frame.x(1.0));
    html! {
        @for (index, row) in rows.iter().enumerate() {
            @if let Some(effect) = row.effect() {
                @let (low, high) = (frame.x(1.0 / (1.0 + effect)), frame.x(1.0 + effect));
                path.band d=(rectangle(low, frame.row(index) - ROW / 2.0 + 2.0, high - low, ROW - 4.0)) {}
            }
        }
        (frame.draw())
        path.guide d={ "M" (one) " " (coordinate(top)) "V" (coordinate(bottom)) } {}
        @for (index, row) in rows.iter().enumerate() {
            (draw_row(frame, row, frame.row(index)))
            (frame.beside(index, &row.text()))
        }
    }
}

fn draw_row(frame: &PlotFrame, row: &RatioRow<'_>, middle: f64) -> Markup {
    let style = row.style;
    html! {
        @match row.ratio {
            Some(ratio) => {
                (interval(frame, ratio, style, middle))
                (style.marks(&style.marker(frame.x(ratio.ratio), middle, 4.5)))
            }
            None => {
                (style.marks(&style.marker(frame.x(1.0), middle, 4.5)))
            }
        }
        @if let Some(baseline) = row.baseline {
            (interval(frame, baseline, style, middle + 10.0))
            path class={ "ring " (style.class()) } d=(style.marker(frame.x(baseline.ratio), middle + 10.0, 3.5)) {}
        }
    }
}

/// The line from one end of the interval to the other, with ends that stand up.
fn interval(frame: &PlotFrame, ratio: &Ratio, style: SeriesStyle, middle: f64) -> Markup {
    let path = ratio.confidence_interval.map(|ends| {
        let [low, high] = ends.map(|end| coordinate(frame.x(end)));
        let (y, top) = (coordinate(middle), coordinate(middle - 4.0));
        format!("M{low} {y}H{high}M{low} {top}v8M{high} {top}v8")
    });
    html! { @if let Some(path) = path { path class={ "line " (style.class()) } d=(path) {} } }
}

fn reading(has_baseline: bool) -> String {
    let baseline = if has_baseline {
        "; an open mark is the ratio to the same strategy in the baseline"
    } else {
        ""
    };
    format!(
        "A mark is a ratio and its line the 95% confidence interval: an interval that includes the line at 1x shows no \
        difference. The grey band ends at the difference that such rounds show 4 times in 5: a smaller one may be missed, but \
        one that the interval shows is there{baseline}."
    )
}

fn legend(has_effect: bool, has_baseline: bool) -> Markup {
    let areas = has_effect.then_some(("band", "differences that may be missed"));
    html! {
        (legend::of_areas(areas))
        @if has_baseline {
            ul.legend { li {
                svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" {
                    path.line d="M3 6H31" {}
                    path.ring d=(SeriesStyle::new(0).marker(17.0, 6.0, 3.6)) {}
                }
                span { "now divided by baseline" }
            } }
        }
    }
}

fn table(rows: &[RatioRow<'_>], reference: &str, has_baseline: bool) -> DataTable {
    let mut columns = vec![Column::text("strategy")];
    let kinds: &[&str] = if has_baseline {
        &["", "baseline "]
    } else {
        &[""]
    };
    for kind in kinds {
        let headers = [
            "ratio",
            "95% CI low",
            "95% CI high",
            "detectable difference",
        ];
        columns.extend(headers.map(|header| Column::number(format!("{kind}{header}"))));
    }
    let rows = rows.iter().map(|row| {
        let mut cells = vec![row.strategy.name.clone()];
        cells.extend(figures(row.ratio));
        cells.extend(
            has_baseline
                .then(|| figures(row.baseline))
                .into_iter()
                .flatten(),
        );
        cells
    });
    DataTable {
        caption: format!("Wall times divided by that of {reference}"),
        columns,
        rows: rows.collect(),
        ..DataTable::default()
    }
}

/// The ratio, the ends of its interval, and the detectable difference.
fn figures(ratio: Option<&Ratio>) -> [String; 4] {
    let decimal = |value: Option<f64>| or_dash(value.map(|value| format!("{value:.4}")));
    let ends = ratio.and_then(|ratio| ratio.confidence_interval);
    [
        decimal(ratio.map(|ratio| ratio.ratio)),
        decimal(ends.map(|[low, _]| low)),
        decimal(ends.map(|[_, high]| high)),
        or_dash(
            ratio
                .and_then(|ratio| ratio.minimum_detectable_effect)
                .map(percent),
        ),
    ]
}
