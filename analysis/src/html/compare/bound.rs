//! The lower bound beside the wall times: a dot for each round, and a row for each term of the bound.

use super::cell_context::CellContext;
use crate::bound::BoundTerms;
use crate::comparison::StrategyResult;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, dots};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::{HumanDuration, percent};
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 19.0;

/// With more strategies, the terms are in the table only.
const MAX_WITH_TERMS: usize = 6;

/// The most strategies that a sentence names.
const MAX_NAMED: usize = 4;

/// The name of a term, and its microseconds.
type NamedTerm = (&'static str, fn(&BoundTerms) -> u64);

/// The terms with their names, in the order of display.
const TERMS: [NamedTerm; 7] = [
    ("critical path", |terms| terms.critical_path_us),
    ("work / concurrency", |terms| terms.even_split_us),
    ("packing", |terms| terms.packing_us),
    ("server concurrency", |terms| {
        terms.server_concurrency_limit_us
    }),
    ("server rate", |terms| terms.server_rate_limit_us),
    ("server bandwidth", |terms| terms.server_bandwidth_us),
    ("connection pauses", |terms| terms.connection_pauses_us),
];

/// A row of the chart.
enum BoundRow<'a> {
    /// The rounds of a strategy.
    Walls(&'a StrategyResult, SeriesStyle),
    /// A term of its bound, and whether it is the largest.
    Term(&'static str, u64, bool),
}

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let has_terms = context.cell.strategies.len() <= MAX_WITH_TERMS;
    let rows: Vec<_> = context
        .styled()
        .flat_map(|(one, style)| {
            let terms = if has_terms { terms(one) } else { Vec::new() };
            std::iter::once(BoundRow::Walls(one, style)).chain(terms)
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let scale = Scale::log_around(rows.iter().flat_map(BoundRow::values));
    let axis = Axis::durations("time, logarithmic", scale);
    let texts: Vec<_> = rows.iter().map(BoundRow::text).collect();
    let frame = PlotFrame::rows(axis, rows.iter().map(BoundRow::label), ROW)
        .with_texts(texts.iter().map(String::as_str));
    Some(Figure {
        conclusion: conclusion(&context.cell.strategies),
        reading: "A dot is a round and the upright line the lower bound, which is the largest of its terms below: the distance \
            from the line to the dots, the same length for the same ratio, is what the strategy loses."
            .to_owned(),
        drawing: draw(&frame, &rows),
        height: frame.height(),
        table: table(&context.cell.strategies),
        ..context.figure("bound", "Wall times and their lower bound")
    })
}

/// The terms of the bound of the median round that are above 0.
fn terms<'a>(strategy: &StrategyResult) -> Vec<BoundRow<'a>> {
    let Some(terms) = strategy.bottleneck.as_ref().and_then(|it| it.terms) else {
        return Vec::new();
    };
    let all = TERMS.iter().map(|(name, us)| (*name, us(&terms)));
    let largest = all.clone().map(|(_, us)| us).max();
    let known = all.filter(|(_, us)| *us > 0);
    known
        .map(|(name, us)| BoundRow::Term(name, us, Some(us) == largest))
        .collect()
}

impl BoundRow<'_> {
    fn label(&self) -> (&str, Option<SeriesStyle>) {
        match self {
            BoundRow::Walls(strategy, style) => (&strategy.name, Some(*style)),
            BoundRow::Term(name, ..) => (name, None),
        }
    }

    /// The figures of the row.
    fn text(&self) -> String {
        match self {
            BoundRow::Walls(strategy, _) => {
                let mean = HumanDuration::from_mean(strategy.wall_us.mean);
                match strategy.efficiency {
                    Some(efficiency) => format!("{mean}, efficiency {}", percent(efficiency)),
                    None => mean.to_string(),
                }
            }
            BoundRow::Term(_, us, true) => {
                format!("{}, the bound", HumanDuration::from_micros(*us))
            }
            BoundRow::Term(_, us, false) => HumanDuration::from_micros(*us).to_string(),
        }
    }

    fn values(&self) -> Vec<f64> {
        match self {
            BoundRow::Walls(strategy, _) => {
                let walls = strategy.rounds.iter().map(|round| round.wall_us);
                let all = walls.chain(strategy.bound_us).map(|us| us as f64);
                all.chain([strategy.wall_us.mean]).collect()
            }
            BoundRow::Term(_, us, _) => vec![*us as f64],
        }
    }
}

fn draw(frame: &PlotFrame, rows: &[BoundRow<'_>]) -> Markup {
    html! {
        (frame.draw())
        @for (index, row) in rows.iter().enumerate() {
            @let middle = frame.row(index);
            @match row {
                BoundRow::Walls(strategy, style) => {
                    @if index > 0 { (separator(frame, middle)) }
                    (walls(frame, strategy, *style, middle))
                }
                BoundRow::Term(_, us, is_largest) => (term(frame, *us, *is_largest, middle)),
            }
            (frame.beside(index, &row.text()))
        }
    }
}

fn separator(frame: &PlotFrame, middle: f64) -> Markup {
    let [_, _, right, _] = frame.area().map(coordinate);
    html! { path.axis d={ "M0 " (coordinate(middle - ROW / 2.0)) "H" (right) } {} }
}

fn walls(frame: &PlotFrame, strategy: &StrategyResult, style: SeriesStyle, middle: f64) -> Markup {
    let walls = strategy
        .rounds
        .iter()
        .map(|round| frame.x(round.wall_us as f64));
    let bound = strategy
        .bound_us
        .filter(|us| *us > 0)
        .map(|us| frame.x(us as f64));
    html! {
        @if let Some(x) = bound {
            path.guide d={ "M" (coordinate(x)) " " (coordinate(middle - ROW / 2.0 + 2.0)) "v" (ROW - 4.0) } {}
        }
        (style.dots(&dots(walls.map(|x| (x, middle)))))
    }
}

fn term(frame: &PlotFrame, us: u64, is_largest: bool, middle: f64) -> Markup {
    let x = frame.x(us as f64);
    let half = if is_largest { 6.0 } else { 4.0 };
    html! {
        path class=(if is_largest { "guide" } else { "link" })
            d={ "M" (coordinate(x)) " " (coordinate(middle - half)) "v" (2.0 * half) } {}
    }
}

/// How near each strategy comes to its bound; of many strategies the best and the worst.
fn conclusion(strategies: &[StrategyResult]) -> String {
    let mut known: Vec<_> = strategies
        .iter()
        .filter_map(|one| Some((one.efficiency?, one.name.as_str())))
        .collect();
    known.sort_by(|one, other| other.0.total_cmp(&one.0));
    let clause = |(efficiency, name): &(f64, &str)| format!("{name} at {}", percent(*efficiency));
    let clauses: Vec<_> = match known.as_slice() {
        [] => return "No efficiency is known: it needs planned delays, no hedges and at most 1% of failed downloads.".to_owned(),
        [best, .., worst] if known.len() > MAX_NAMED => {
            return format!("Efficiency, which is bound divided by wall time, is from {} to {}.", clause(worst), clause(best));
        }
        all => all.iter().map(clause).collect(),
    };
    format!(
        "Efficiency, which is bound divided by wall time: {}.",
        clauses.join(", ")
    )
}

fn table(strategies: &[StrategyResult]) -> DataTable {
    let headers = ["mean", "median", "minimum", "maximum", "bound"]
        .map(|header| Column::number(format!("{header} (ms)")));
    let terms = TERMS.map(|(name, _)| Column::number(format!("{name} (ms)")));
    let columns = [Column::text("strategy")].into_iter().chain(headers);
    let rows = strategies.iter().map(|one| {
        let wall = &one.wall_us;
        let terms = one.bottleneck.as_ref().and_then(|it| it.terms);
        let mut cells = vec![one.name.clone(), format!("{:.3}", wall.mean / 1000.0)];
        cells.extend([wall.median, wall.min, wall.max].map(millis));
        cells.push(or_dash(one.bound_us.map(millis)));
        cells.push(or_dash(
            one.efficiency.map(|it| format!("{:.2}", 100.0 * it)),
        ));
        cells.extend(TERMS.map(|(_, us)| or_dash(terms.as_ref().map(|terms| millis(us(terms))))));
        cells
    });
    DataTable {
        caption: "Wall times of rounds, lower bound and efficiency; the terms of the bound are those of the median round".to_owned(),
        rows: rows.collect(),
        columns: columns.chain([Column::number("efficiency (%)")]).chain(terms).collect(),
        ..DataTable::default()
    }
}
