//! The attempts of a waterfall as a table, or how many there were over time.

use super::attempts::in_order;
use super::density::{self, COLUMNS, STACKED, is_folded};
use super::phase::made;
use crate::comparison::{AttemptView, StrategyResult};
use crate::html::table::{Column, DataTable, millis, or_dash};

/// The most attempts of all strategies together in a table.
const MAX_LISTED: usize = 360;

/// The number of rows for a strip: fewer than it has columns.
const STRIP_ROWS: usize = 24;

pub(super) fn table(strategies: &[&StrategyResult], end_us: u64) -> DataTable {
    if strategies.iter().any(|one| is_folded(one)) {
        return densities(strategies, end_us);
    }
    let each = MAX_LISTED / strategies.len().max(1);
    let rows = strategies.iter().flat_map(|one| {
        let attempts = in_order(&made(one)).into_iter().take(each);
        attempts
            .map(|attempt| row(&one.name, attempt))
            .collect::<Vec<_>>()
    });
    let left_out = strategies
        .iter()
        .map(|one| made(one).len().saturating_sub(each));
    let left_out: usize = left_out.sum();
    let texts = ["strategy", "path", "kind", "outcome"].map(Column::text);
    let numbers = ["download", "attempt"].map(Column::number);
    let times = ["due", "backoff", "started", "sent", "first byte", "done"];
    let times = times.map(|time| Column::number(format!("{time} (ms)")));
    DataTable {
        caption: "Attempts of the median round; times from its start".to_owned(),
        columns: texts.into_iter().chain(numbers).chain(times).collect(),
        rows: rows.collect(),
        left_out: match left_out {
            0 => String::new(),
            more => format!(
                "{more} attempts are left out here; the result document has up to 1,000 of each strategy."
            ),
        },
    }
}

fn row(strategy: &str, attempt: &AttemptView) -> Vec<String> {
    let fault = attempt.fault.as_ref().map(|fault| format!(" ({fault})"));
    vec![
        strategy.to_owned(),
        attempt.resource.clone(),
        attempt.kind.clone(),
        format!("{}{}", attempt.outcome, fault.unwrap_or_default()),
        attempt.download.to_string(),
        attempt.attempt.to_string(),
        millis(attempt.due_us),
        millis(attempt.backoff_us),
        or_dash(attempt.started_us.map(millis)),
        millis(attempt.sent_us),
        or_dash(attempt.first_byte_us.map(millis)),
        millis(attempt.done_us),
    ]
}

/// The mean number of attempts in each phase, in equal parts of the time axis.
fn densities(strategies: &[&StrategyResult], end_us: u64) -> DataTable {
    let part = end_us as f64 / STRIP_ROWS as f64;
    let columns_of_part = COLUMNS / STRIP_ROWS;
    let rows = strategies.iter().flat_map(|one| {
        let columns = density::densities(one, end_us as f64);
        let parts = columns
            .chunks(columns_of_part)
            .enumerate()
            .map(|(index, columns)| {
                let mean = |at: usize| {
                    columns.iter().map(|column| column[at]).sum::<f64>() / columns_of_part as f64
                };
                let ends =
                    [index, index + 1].map(|end| format!("{:.1}", part * end as f64 / 1000.0));
                let counts = (0..STACKED.len())
                    .rev()
                    .map(|at| format!("{:.1}", mean(at)));
                let name = std::iter::once(one.name.clone());
                name.chain(ends).chain(counts).collect()
            });
        parts.collect::<Vec<_>>()
    });
    let ends = ["from (ms)", "to (ms)"].map(Column::number);
    DataTable {
        caption: "Mean number of attempts in each phase".to_owned(),
        columns: [Column::text("strategy")]
            .into_iter()
            .chain(ends)
            .chain(density::headers().map(Column::number))
            .collect(),
        rows: rows.collect(),
        left_out: "Single attempts are left out: a round has too many. The result document has up to 1,000 of each strategy."
            .to_owned(),
    }
}
