//! The table of a report: a row for each strategy and cell.

use super::layout::TableColumn;
use crate::comparison::{
    Cell, Comparison, Latencies, Percentile, Ratio, StrategyResult, WallMeasuredAt, condition_label,
};
use crate::human::{HumanDuration, rate, ratio_texts};

/// A column of figures.
struct FigureColumn {
    header: &'static str,
    /// What the column means, for a legend.
    legend: &'static str,
    /// As in [`TableColumn`].
    rank: u8,
    /// What stands in a row without a value.
    blank: &'static str,
    value: fn(&Cell, &StrategyResult) -> Option<String>,
}

/// Every column, in the order of display. One without any value is left out.
const COLUMNS: &[FigureColumn] = &[
    FigureColumn {
        header: "wall",
        legend: "wall time of a round, the geometric mean of the rounds",
        rank: 0,
        blank: "-",
        value: |_, one| Some(HumanDuration::from_mean(one.wall_us.mean).to_string()),
    },
    FigureColumn {
        header: "process",
        legend: "time of the whole process of a program, its start and its end included",
        rank: 4,
        blank: "-",
        value: |_, one| {
            let process_us = one.program.as_ref()?.process_us.mean;
            Some(HumanDuration::from_mean(process_us).to_string())
        },
    },
    FigureColumn {
        header: "ratio",
        legend: "wall time divided by that of the reference, which has 1x; above 1 is slower",
        rank: 0,
        blank: "-",
        value: |cell, one| {
            let reference = cell.reference.as_deref()?;
            let is_compared = cell.strategies.len() > 1;
            let of_reference = (one.name == reference && is_compared).then(|| "1x".to_owned());
            of_reference.or_else(|| Some(ratio(cell, one)?.0))
        },
    },
    FigureColumn {
        header: "95% CI",
        legend: "95% confidence interval of the ratio; all intervals of a cell hold together",
        rank: 1,
        blank: "-",
        value: |cell, one| {
            let [low, high] = ratio(cell, one)?.1?;
            Some(format!("{low}-{high}"))
        },
    },
    FigureColumn {
        header: "bound",
        legend: "lower bound: the shortest wall time that the server's planned delays and limits allow",
        rank: 3,
        blank: "-",
        // Without delays it is 0, which bounds nothing.
        value: |_, one| {
            let bound = one.bound_us.filter(|&us| us > 0)?;
            Some(HumanDuration::from_micros(bound).to_string())
        },
    },
    FigureColumn {
        header: "efficiency",
        legend: "lower bound divided by wall time",
        rank: 4,
        blank: "-",
        value: |_, one| Some(format!("{:.1}%", 100.0 * one.efficiency?)),
    },
    FigureColumn {
        header: "req/s",
        legend: "attempts per second of the wall time",
        rank: 6,
        blank: "-",
        value: |_, one| (one.requests_per_s > 0.0).then(|| rate(one.requests_per_s)),
    },
    FigureColumn {
        header: "p50",
        legend: "median time of a successful download: from when it was due until it was verified, with all its attempts",
        rank: 7,
        blank: "-",
        value: |cell, one| percentile(times(cell, one).p50),
    },
    FigureColumn {
        header: "p99",
        legend: "99th percentile of the same; given from 299 independent downloads on",
        rank: 5,
        blank: "-",
        value: |cell, one| percentile(times(cell, one).p99),
    },
    FigureColumn {
        header: "not found",
        legend: "downloads of all rounds that ended with 404",
        rank: 8,
        blank: "0",
        value: |_, one| count(one.not_found),
    },
    FigureColumn {
        header: "failed",
        legend: "downloads of all rounds that failed",
        rank: 2,
        blank: "0",
        value: |_, one| count(one.error),
    },
];

/// The legends of comparisons with programs.
const WALL_AT_SERVER: &str = "wall time of a round at the server, from the first request to the end of the last response, the geometric mean of the \
    rounds";
const P50_AT_SERVER: &str =
    "median time of a successful attempt, from the request to the end of its response";

/// The columns of the table: the conditions in which cells differ, the strategy, its figures, and of several cells the
/// verdict.
pub(crate) fn columns(comparison: &Comparison) -> Vec<TableColumn> {
    let rows: Vec<_> = rows(comparison).collect();
    let text = |header: &str, value: &dyn Fn(&Cell, &StrategyResult) -> String| TableColumn {
        header: header.to_owned(),
        is_text: true,
        rank: 0,
        values: rows.iter().map(|(cell, one)| value(cell, one)).collect(),
    };
    let conditions = comparison.varying().into_iter();
    let mut columns: Vec<_> = conditions
        .map(|name| {
            text(condition_label(name), &|cell, _| {
                cell.condition(name).to_owned()
            })
        })
        .collect();
    columns.push(text("strategy", &|_, one| one.name.clone()));
    for column in shown(comparison) {
        let values = rows.iter().map(|(cell, one)| (column.value)(cell, one));
        columns.push(TableColumn {
            header: column.header.to_owned(),
            is_text: false,
            rank: column.rank,
            values: values
                .map(|value| value.unwrap_or_else(|| column.blank.to_owned()))
                .collect(),
        });
    }
    if comparison.cells.len() > 1 {
        columns.push(text("verdict", &|cell, _| {
            cell.verdict.validity.to_string()
        }));
    }
    columns
}

/// The headers of the figures with what they mean.
pub(super) fn legend(
    comparison: &Comparison,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let at_server = |cell: &Cell| cell.wall_measured_at == WallMeasuredAt::Server;
    let is_at_server = comparison.cells.iter().any(at_server);
    shown(comparison).map(move |column| match column.header {
        "wall" if is_at_server => (column.header, WALL_AT_SERVER),
        "p50" if is_at_server => (column.header, P50_AT_SERVER),
        _ => (column.header, column.legend),
    })
}

fn shown(comparison: &Comparison) -> impl Iterator<Item = &'static FigureColumn> {
    let has_value = |column: &&FigureColumn| {
        rows(comparison).any(|(cell, one)| (column.value)(cell, one).is_some())
    };
    COLUMNS.iter().filter(has_value)
}

fn rows(comparison: &Comparison) -> impl Iterator<Item = (&Cell, &StrategyResult)> {
    let cells = comparison.cells.iter();
    cells.flat_map(|cell| cell.strategies.iter().map(move |one| (cell, one)))
}

/// The ratio to the reference and its interval, as texts.
fn ratio(cell: &Cell, strategy: &StrategyResult) -> Option<(String, Option<[String; 2]>)> {
    let ratio: &Ratio = strategy.ratio_to(cell.reference.as_deref()?)?;
    Some(ratio_texts(ratio.ratio, ratio.confidence_interval))
}

/// The times that are comparable in a cell: with programs, of which only the server knows times, those of attempts.
fn times<'a>(cell: &Cell, strategy: &'a StrategyResult) -> &'a Latencies {
    match cell.wall_measured_at {
        WallMeasuredAt::Client => &strategy.download_time.succeeded,
        WallMeasuredAt::Server => &strategy.service_time.succeeded,
    }
}

fn percentile(percentile: Option<Percentile>) -> Option<String> {
    Some(HumanDuration::from_micros(percentile?.us).to_string())
}

fn count(count: u64) -> Option<String> {
    (count > 0).then(|| count.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::layout::{WIDTH, fit, width};
    use crate::test_runs::{cell, comparison};
    use proptest::prelude::*;

    fn values<'a>(columns: &'a [TableColumn], header: &str) -> &'a [String] {
        let column = columns.iter().find(|column| column.header == header);
        column.map_or(&[], |column| &column.values)
    }

    /// The values that are displayed as this number with a unit, in the base unit.
    fn rounded(text: &str) -> (f64, f64) {
        let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let unit = match &text[digits.len()..] {
            " ms" => 1e-3,
            " µs" => 1e-6,
            _ => 1.0,
        };
        let decimals = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        let half = 0.5 * 0.1_f64.powi(i32::try_from(decimals).unwrap());
        let value: f64 = digits.parse().unwrap();
        (unit * (value - half), unit * (value + half))
    }

    proptest! {
        #[test]
        fn walls_of_a_table_divide_into_the_ratios_beside_them(
            seconds in prop::array::uniform3(0.01f64..50.0), rounds in 1usize..12,
        ) {
            let names = ["one", "two", "three"];
            let strategies: Vec<_> = names.into_iter().zip(seconds).collect();
            let columns = columns(&comparison(vec![cell(&strategies, rounds)]));
            let (walls, ratios) = (values(&columns, "wall"), values(&columns, "ratio"));
            let reference = ratios.iter().position(|ratio| ratio == "1x").unwrap();
            let (least, most) = rounded(&walls[reference]);
            for (wall, ratio) in walls.iter().zip(ratios).filter(|(_, ratio)| *ratio != "1x") {
                let ((wall_least, wall_most), (low, high)) = (rounded(wall), rounded(ratio));
                prop_assert!(low <= wall_most / least && wall_least / most <= high, "{wall} {ratio}");
            }
        }
    }

    #[test]
    fn figure_that_no_strategy_has_is_no_column() {
        let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 3);
        for strategy in &mut cell.strategies {
            (strategy.error, strategy.not_found) = (0, 0);
        }
        let mut comparison = comparison(vec![cell]);
        let headers = |comparison: &Comparison| {
            let columns = columns(comparison).into_iter();
            columns
                .map(|column| column.header)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(headers(&comparison), "strategy wall ratio req/s");
        comparison.cells[0].strategies[0].error = 7;
        assert_eq!(headers(&comparison), "strategy wall ratio req/s failed");
        assert_eq!(values(&columns(&comparison), "failed"), ["7", "0"]);
    }

    #[test]
    fn names_of_30_characters_leave_room_for_the_ratio() {
        let mut cell = cell(&[("threads", 2.0), ("async", 1.0)], 20);
        cell.strategies[0].name = "threads+retrying-with-backoff-".to_owned();
        let mut other = cell.clone();
        cell.conditions = vec![(
            "latency".to_owned(),
            "lognormal:p50=20ms,p99=100ms".to_owned(),
        )];
        other.conditions = vec![(
            "latency".to_owned(),
            "lognormal:p50=20ms,p99=200ms".to_owned(),
        )];
        let single = fit(columns(&comparison(vec![cell.clone()])));
        assert_eq!(values(&single, "strategy")[0], cell.strategies[0].name);
        assert_eq!(values(&single, "95% CI").len(), 2);
        let grid = fit(columns(&comparison(vec![cell, other])));
        assert!(width(&grid) <= WIDTH);
        assert_ne!(values(&grid, "latency")[0], values(&grid, "latency")[2]);
        assert_eq!(values(&grid, "verdict").len(), 4);
    }
}
