//! The table of the processes of a merged load.

use super::tables::{LoadTable, columns, micros, or_blank};
use crate::human::{grouped, grouped_rate, percent};
use crate::load::process_figures::ProcessFigures;
use crate::load::result::LoadResult;
use std::cmp::Reverse;

/// The most rows of a table that is always shown.
pub(super) const FEW: usize = 16;

/// A row for each process; `None` for the load of one process. Of more than `max` processes, those with a reason to doubt
/// them and the slowest are shown.
pub(super) fn table(result: &LoadResult, max: usize) -> Option<LoadTable> {
    let all = result.processes.len();
    let shown = doubtful_first(&result.processes, max);
    let rows: Vec<_> = shown.iter().map(|process| row(process)).collect();
    let headers = [
        ("process", true, 0),
        ("shard", false, 5),
        ("requests", false, 0),
        ("rate", false, 0),
        ("p99", false, 1),
        ("lateness p99", false, 3),
        ("CPU", false, 2),
        ("clock", false, 4),
        ("doubts", true, 0),
    ];
    let mut columns = columns(&headers, &rows);
    columns.retain(|column| column.rank == 0 || column.values.iter().any(|value| value != "-"));
    columns.retain(|column| {
        column.header != "doubts" || column.values.iter().any(|value| !value.is_empty())
    });
    let has_lateness = columns.iter().any(|column| column.header == "lateness p99");
    let title = if shown.len() < all {
        let (shown, all) = (shown.len() as u64, grouped(all as u64));
        format!("{shown} of {all} processes: those with a doubt, then the slowest")
    } else if has_lateness {
        "Processes; p99 of the response time, and how late each process started requests".to_owned()
    } else {
        "Processes; p99 of the response time".to_owned()
    };
    (all > 1).then_some(LoadTable { title, columns })
}

/// All processes by their names, or of more than `max` those that say most.
pub(crate) fn doubtful_first(processes: &[ProcessFigures], max: usize) -> Vec<&ProcessFigures> {
    let mut shown: Vec<_> = processes.iter().collect();
    if shown.len() > max {
        shown.sort_by(|one, other| {
            let doubts = |one: &ProcessFigures| Reverse(labels(one).len());
            let rates = one.requests_per_s.total_cmp(&other.requests_per_s);
            doubts(one).cmp(&doubts(other)).then(rates)
        });
        shown.truncate(max);
    }
    shown
}

/// The names of the reasons to doubt a process, those of its log too.
pub(crate) fn labels(process: &ProcessFigures) -> Vec<&str> {
    let of_log = [
        (process.missing_intervals > 0, "interval_missing"),
        (process.repeated_intervals > 0, "interval_repeated"),
        (!process.has_end && !process.is_foreign, "end_missing"),
        (process.is_foreign, "client_unknown"),
    ];
    let of_log = of_log.into_iter().filter(|(applies, _)| *applies);
    let own = process.reasons.iter().map(|reason| &reason.label[..]);
    of_log.map(|(_, label)| label).chain(own).collect()
}

/// `+1.20 ms`: ahead.
pub(crate) fn clock(process: &ProcessFigures) -> Option<String> {
    let offset = process.clock_offset_us?;
    let sign = if offset < 0 { '-' } else { '+' };
    Some(format!("{sign}{}", micros(offset.unsigned_abs())))
}

fn row(process: &ProcessFigures) -> Vec<String> {
    let shard = process.shard.map(|[part, of]| format!("{part}/{of}"));
    vec![
        process.process.clone(),
        or_blank(shard),
        grouped(process.requests),
        format!("{}/s", grouped_rate(process.requests_per_s)),
        or_blank(process.p99_us.map(micros)),
        or_blank(process.lateness_p99_us.map(micros)),
        or_blank(process.cpu_share.map(percent)),
        or_blank(clock(process)),
        labels(process).join(" "),
    ]
}
