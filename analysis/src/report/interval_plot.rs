//! The ratios of a comparison and their intervals, drawn in characters on a logarithmic axis.

use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::human::ratio_texts;
use crate::validity::Validity;

/// The width of the axis in characters.
const AXIS: usize = 48;

/// The least ratio of the ends of the axis: noise below 1% does not fill the plot.
const MIN_SPAN: f64 = 1.02;

/// The most rows, so that a large grid does not drown what is below the plot.
const MAX_ROWS: usize = 40;

/// A row of the plot.
struct PlotRow<'a> {
    cell: &'a Cell,
    strategy: &'a StrategyResult,
    ratio: f64,
    interval: Option<[f64; 2]>,
}

/// The lines of the plot, of cells that are not invalid; none without ratios, and of a grid with too many of them.
pub(super) fn interval_plot(comparison: &Comparison) -> Vec<String> {
    let is_valid = |cell: &&Cell| cell.verdict.validity != Validity::Invalid;
    let cells = comparison.cells.iter().filter(is_valid);
    let rows: Vec<PlotRow<'_>> = cells.flat_map(rows).collect();
    if rows.is_empty() || rows.len() > MAX_ROWS {
        return Vec::new();
    }
    let axis = LogAxis::containing(rows.iter().flat_map(|row| {
        let [low, high] = row.interval.unwrap_or([row.ratio; 2]);
        [row.ratio, low, high]
    }));
    let labels = rows.iter().map(|row| label(comparison, row));
    let labels: Vec<String> = labels.collect();
    let width = labels.iter().map(|label| label.chars().count()).max();
    let width = width.unwrap_or_default();
    let pad = |label: &str| format!("{label}{}", " ".repeat(width - label.chars().count()));
    let mut lines = vec![format!("{}  {}", pad(""), axis.tick_labels())];
    for (row, label) in rows.iter().zip(&labels) {
        let drawn = axis.draw(row.ratio, row.interval);
        lines.push(format!("{}  {drawn}  {}", pad(label), row.text()));
    }
    lines
}

/// The strategies of a cell that have a ratio to its reference.
fn rows(cell: &Cell) -> Vec<PlotRow<'_>> {
    let reference = cell.reference.as_deref().unwrap_or_default();
    let strategies = cell.strategies.iter();
    let rows = strategies.filter_map(|strategy| {
        let ratio = strategy.ratio_to(reference)?;
        Some(PlotRow {
            cell,
            strategy,
            ratio: ratio.ratio,
            interval: ratio.confidence_interval,
        })
    });
    rows.collect()
}

fn label(comparison: &Comparison, row: &PlotRow<'_>) -> String {
    let reference = row.cell.reference.as_deref().unwrap_or_default();
    let prefix = comparison.prefix(row.cell);
    format!("{prefix}{} / {reference}", row.strategy.name)
}

impl PlotRow<'_> {
    fn text(&self) -> String {
        match ratio_texts(self.ratio, self.interval) {
            (ratio, Some([low, high])) => format!("{ratio} ({low} to {high})"),
            (ratio, None) => format!("{ratio}, too few rounds for an interval"),
        }
    }
}

/// A logarithmic axis that contains 1.
struct LogAxis {
    low: f64,
    high: f64,
}

impl LogAxis {
    fn containing(values: impl Iterator<Item = f64> + Clone) -> LogAxis {
        let low = values.clone().fold(1.0, f64::min);
        let high = values.fold(1.0, f64::max);
        let missing = (MIN_SPAN / (high / low)).max(1.0).sqrt();
        LogAxis {
            low: low / missing,
            high: high * missing,
        }
    }

    /// The column of a value, from 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the values are on the axis, so that the share is 0 to 1"
    )]
    fn column(&self, value: f64) -> usize {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        (share * (AXIS - 1) as f64).round() as usize
    }

    /// The ends of the axis and 1, above their columns; an end that would touch another label is left out.
    fn tick_labels(&self) -> String {
        let texts = [(1.0, "1x".to_owned())]
            .into_iter()
            .chain([self.low, self.high].map(|end| (end, ratio_texts(end, None).0)));
        let mut line = vec![' '; AXIS];
        for (value, text) in texts {
            let letters = text.chars().count();
            let start = self.column(value).saturating_sub(letters / 2);
            let start = start.min(AXIS - letters);
            let around = start.saturating_sub(1)..(start + letters + 1).min(AXIS);
            if line[around].iter().all(|letter| *letter == ' ') {
                let place = line[start..].iter_mut().zip(text.chars());
                place.for_each(|(place, letter)| *place = letter);
            }
        }
        line.into_iter().collect()
    }

    /// The interval with its ratio, and a line at 1.
    fn draw(&self, ratio: f64, interval: Option<[f64; 2]>) -> String {
        let mut line = vec![' '; AXIS];
        line[self.column(1.0)] = '│';
        if let Some([low, high]) = interval.map(|ends| ends.map(|end| self.column(end))) {
            line[low..=high].fill('─');
            (line[low], line[high]) = ('├', '┤');
        }
        line[self.column(ratio)] = if interval.is_some() { '●' } else { '○' };
        line.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::{cell, comparison};

    /// The plot of strategies beside `async`.
    fn plotted(ratios: &[(&'static str, f64, Option<[f64; 2]>)]) -> Vec<String> {
        let walls = ratios.iter().map(|(name, ratio, _)| (*name, *ratio));
        let walls: Vec<_> = walls.chain([("async", 1.0)]).collect();
        let mut cell = cell(&walls, 20);
        cell.reference = Some("async".to_owned());
        for strategy in &mut cell.strategies {
            let wanted = ratios.iter().find(|(name, ..)| *name == strategy.name);
            for ratio in strategy.ratios.iter_mut().filter(|one| one.to == "async") {
                let (_, mean, interval) = *wanted.expect("every other strategy is in the list");
                (ratio.ratio, ratio.confidence_interval) = (mean, interval);
            }
        }
        interval_plot(&comparison(vec![cell]))
    }

    #[test]
    fn intervals_lie_on_a_logarithmic_axis_with_a_line_at_1() {
        let lines = plotted(&[
            ("sequential", 16.0, Some([8.0, 32.0])),
            ("threads", 1.2, Some([0.5, 2.0])),
        ]);
        assert_eq!(
            lines,
            [
                "                    0.50x  1x                                  32.0x",
                "sequential / async          │                      ├───────●───────┤  16.0x (8.0 to 32.0)",
                "threads / async     ├─────────●─────┤                                 1.20x (0.50 to 2.00)",
            ]
        );
    }

    #[test]
    fn ratio_without_interval_is_an_open_circle() {
        let lines = plotted(&[("threads", 2.0, None)]);
        assert!(
            lines[1].contains('○') && !lines[1].contains('├'),
            "{lines:?}"
        );
    }

    #[test]
    fn equal_times_are_drawn_around_1() {
        let lines = plotted(&[("threads", 1.0, Some([1.0, 1.0]))]);
        let column = lines[1].chars().position(|letter| letter == '●');
        assert_eq!(column, Some("threads / async  ".len() + AXIS / 2));
    }

    #[test]
    fn nothing_is_drawn_without_ratios() {
        assert_eq!(plotted(&[]), [""; 0]);
    }
}
