//! The trend of comparisons: wall times, ratios and efficiencies of the strategies of each cell.

use super::runs::{MAX_RUNS, TrendRuns};
use super::trend_chart::{TrendChart, TrendSeries, TrendValue};
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::label::clipped;
use crate::html::chart::palette::Palette;
use crate::html::chart::scale::Scale;
use crate::html::chart::units::plain;
use crate::html::figure::Figure;
use crate::html::page::section;
use crate::html::table::mean_millis;
use crate::human::{HumanDuration, percent, ratio_texts};
use crate::stats::{ComparisonCount, MIN_ROUNDS, RatioEstimate};
use crate::validity::Validity;
use maud::{Markup, html};

/// The most cells with charts: the first ones of the newest result.
const MAX_CELLS: usize = 8;

/// The most values of a kind on a page, over runs, strategies and cells: each takes about 500 bytes.
const MAX_VALUES: usize = 800;

/// The most characters of the conditions of a cell in a title.
const MAX_CONDITIONS: usize = 80;

/// The results, and the cell whose trend is shown: that of the newest result.
struct CellTrend<'a> {
    results: &'a [Comparison],
    runs: &'a TrendRuns<'a>,
    newest: &'a Cell,
    palette: &'a Palette,
    /// The position of the cell, from 0.
    index: usize,
    /// What stands before the titles; empty with a single cell.
    prefix: String,
}

/// The trend of these results, the newest last; nothing with fewer than two. Strategies have the looks of this palette.
pub(crate) fn trend_of_comparisons(results: &[Comparison], palette: &Palette) -> Markup {
    let [_, .., newest] = results else {
        return html! {};
    };
    let strategies = newest.cells.iter().map(|cell| cell.strategies.len().max(1));
    let strategies = strategies.max().unwrap_or(1);
    let most = MAX_RUNS.min(MAX_VALUES / strategies).max(2);
    let (left_out, results) = results.split_at(results.len().saturating_sub(most));
    let cells = (MAX_VALUES / (strategies * results.len())).clamp(1, MAX_CELLS);
    let runs = TrendRuns::new(results.iter().map(|result| {
        let validity = result.cells.iter().map(|cell| cell.verdict.validity).max();
        let reasons = result.cells.iter().flat_map(|cell| &cell.verdict.reasons);
        let reasons = reasons.map(|reason| reason.message.as_str());
        (
            &result.environment,
            validity.unwrap_or(Validity::Invalid),
            reasons.collect(),
        )
    }));
    let shown = newest.cells.iter().take(cells).enumerate();
    let figures = shown.flat_map(|(index, cell)| {
        let prefix = clipped(&newest.prefix(cell), MAX_CONDITIONS);
        let trend = CellTrend {
            results,
            runs: &runs,
            newest: cell,
            palette,
            index,
            prefix,
        };
        [trend.walls(), trend.ratios(), trend.efficiencies()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    });
    let figures: Vec<Figure> = figures.collect();
    let more = newest.cells.len().saturating_sub(cells);
    section(
        "trend",
        "Trend",
        &html! {
            (runs.markup(left_out.len()))
            @for figure in &figures { (figure.markup()) }
            @if more > 0 { p.note { "The trends of " (grouped(more as u64)) " more cells are left out." } }
        },
    )
}

impl CellTrend<'_> {
    /// A value of each strategy in each result.
    fn series(&self, value: &dyn Fn(&StrategyResult) -> Option<TrendValue>) -> Vec<TrendSeries> {
        let of_strategy = |strategy: &StrategyResult| {
            let in_result = |result: &Comparison| {
                let cell = result
                    .cells
                    .iter()
                    .find(|cell| cell.conditions == self.newest.conditions)?;
                let same = cell
                    .strategies
                    .iter()
                    .find(|one| one.name == strategy.name)?;
                value(same)
            };
            TrendSeries {
                name: strategy.name.clone(),
                style: self.palette.style(&strategy.name),
                values: self.results.iter().map(in_result).collect(),
            }
        };
        self.newest.strategies.iter().map(of_strategy).collect()
    }

    fn id(&self, name: &str) -> String {
        format!("trend-{name}-{}", self.index + 1)
    }

    fn walls(&self) -> Option<Figure> {
        let chart = TrendChart {
            id: self.id("wall"),
            title: format!("{}Wall times", self.prefix),
            reading: "A mark is the mean wall time of the rounds of a run, and its line the 95% confidence interval; runs without an \
                      interval have fewer than 5 rounds.",
            axis: &|values| {
                Axis::durations(
                    "wall time, logarithmic",
                    Scale::log_around(values.iter().copied()),
                )
            },
            text: &|us| HumanDuration::from_mean(us).to_string(),
            cell: &mean_millis,
            unit: " (ms)",
            are_shares: false,
        };
        let wall = |strategy: &StrategyResult| {
            let mean = Some(strategy.wall_us.mean).filter(|mean| *mean > 0.0)?;
            Some(TrendValue {
                value: mean,
                interval: mean_interval(&walls(strategy)),
            })
        };
        chart.figure(self.runs, &self.series(&wall))
    }

    fn ratios(&self) -> Option<Figure> {
        let reference = self.newest.reference.as_deref()?;
        let chart = TrendChart {
            id: self.id("ratio"),
            title: format!(
                "{}Wall times relative to {}",
                self.prefix,
                clipped(reference, MAX_CONDITIONS)
            ),
            reading: "A mark is the ratio within a run, and its line the 95% confidence interval: it depends less on the machine than \
                      wall times do.",
            axis: &|values| {
                Axis::ratios(
                    "ratio, logarithmic",
                    Scale::log_around(values.iter().copied().chain([1.0])),
                )
            },
            text: &|ratio| ratio_texts(ratio, None).0,
            cell: &|ratio| format!("{ratio:.4}"),
            unit: "",
            are_shares: false,
        };
        let ratio = |strategy: &StrategyResult| {
            let ratio = strategy.ratio_to(reference)?;
            Some(TrendValue {
                value: ratio.ratio,
                interval: ratio.confidence_interval,
            })
        };
        chart.figure(self.runs, &self.series(&ratio))
    }

    fn efficiencies(&self) -> Option<Figure> {
        let chart = TrendChart {
            id: self.id("efficiency"),
            title: format!("{}Efficiency", self.prefix),
            reading: "A mark is the lower bound divided by the wall time: at 100% no strategy could be faster.",
            axis: &|_| Axis::shares("efficiency", Scale::Linear { min: 0.0, max: 1.0 }),
            text: &percent,
            cell: &|share| format!("{}%", plain((1000.0 * share).round() / 10.0)),
            unit: "",
            are_shares: true,
        };
        chart.figure(
            self.runs,
            &self.series(&|strategy| strategy.efficiency.map(TrendValue::from)),
        )
    }
}

/// The wall times of the rounds.
fn walls(strategy: &StrategyResult) -> Vec<f64> {
    strategy
        .rounds
        .iter()
        .map(|round| round.wall_us as f64)
        .collect()
}

/// The 95% confidence interval of the mean of these times: that of its ratio to 1.
fn mean_interval(walls: &[f64]) -> Option<[f64; 2]> {
    let ones = vec![1.0; walls.len()];
    let estimate = RatioEstimate::paired(walls, &ones, ComparisonCount::ONE).ok()?;
    (walls.len() >= MIN_ROUNDS).then_some([estimate.low, estimate.high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_of_the_wall_time_contains_its_mean_and_needs_5_rounds() {
        let [low, high] = mean_interval(&[1000.0, 1010.0, 1020.0, 1030.0, 1040.0]).unwrap();
        assert!(
            1000.0 < low && low < 1020.0 && 1020.0 < high && high < 1040.0,
            "{low} {high}"
        );
        assert_eq!(mean_interval(&[1000.0, 1010.0, 1020.0, 1030.0]), None);
    }
}
