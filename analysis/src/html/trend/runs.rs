//! The runs of a trend: when each was, its verdict, and what of its environment changed.

use super::environment::changes;
use crate::comparison::Environment;
use crate::html::chart::axis::Axis;
use crate::html::chart::scale::Scale;
use crate::html::table::{Column, DataTable};
use crate::html::verdict::utc;
use crate::human::plural;
use crate::validity::Validity;
use maud::{Markup, html};

/// The most runs of a trend: the newest ones.
pub(super) const MAX_RUNS: usize = 200;

/// The most reasons of a verdict that are listed.
const MAX_REASONS: usize = 3;

/// A run of a trend.
pub(super) struct TrendRun<'a> {
    pub(super) environment: &'a Environment,
    pub(super) validity: Validity,
    /// The reasons to doubt it.
    pub(super) reasons: Vec<&'a str>,
    /// What changed since the run before.
    changes: Vec<String>,
}

/// The runs in the order of time.
pub(super) struct TrendRuns<'a> {
    pub(super) runs: Vec<TrendRun<'a>>,
}

impl<'a> TrendRuns<'a> {
    /// The runs with these environments, verdicts and reasons.
    pub(super) fn new(
        all: impl Iterator<Item = (&'a Environment, Validity, Vec<&'a str>)>,
    ) -> TrendRuns<'a> {
        let mut runs: Vec<TrendRun<'a>> = Vec::new();
        for (environment, validity, reasons) in all {
            let before = runs.last().map(|run| run.environment);
            let changes = before.map_or_else(Vec::new, |before| changes(before, environment));
            runs.push(TrendRun {
                environment,
                validity,
                reasons,
                changes,
            });
        }
        TrendRuns { runs }
    }

    /// Whether the figures of no run may be used.
    pub(super) fn are_invalid(&self) -> bool {
        self.runs
            .iter()
            .all(|run| run.validity == Validity::Invalid)
    }

    /// The axis of the runs, from 1, with their dates as ticks.
    pub(super) fn axis(&self) -> Axis {
        let date = |run: &TrendRun<'_>| utc(run.environment.started_unix_s)[..16].to_owned();
        let ticks = (1..)
            .zip(&self.runs)
            .map(|(number, run): (u32, _)| (f64::from(number), date(run)));
        Axis {
            scale: Scale::Linear {
                min: 0.5,
                max: self.runs.len() as f64 + 0.5,
            },
            ticks: ticks.collect(),
            title: "runs by their start (UTC), the newest at the right".to_owned(),
        }
    }

    /// The numbers of the runs, from 1, before which the environment changed.
    pub(super) fn breaks(&self) -> impl Iterator<Item = usize> {
        let numbered = (1..).zip(&self.runs);
        numbered
            .filter(|(_, run)| !run.changes.is_empty())
            .map(|(number, _)| number)
    }

    /// The number of runs and what their environments have in common, and the table of all runs. `left_out` earlier ones are not
    /// shown.
    pub(super) fn markup(&self, left_out: usize) -> Markup {
        let breaks = self.breaks().count() as u64;
        html! {
            p {
                (plural(self.runs.len() as u64, "run")) " of one experiment, the oldest first. "
                @if breaks == 0 {
                    "Machine, version and build are the same in all of them."
                } @else {
                    "Between some of them the machine, the version or the build changed (" (plural(breaks, "time"))
                    "): a difference may come from that."
                }
                @if left_out > 0 { " " (plural(left_out as u64, "earlier run")) " left out." }
            }
            (self.table().markup())
        }
    }

    fn table(&self) -> DataTable {
        let row = |(number, run): (usize, &TrendRun<'_>)| {
            let changes = match run.changes.as_slice() {
                [] => "–".to_owned(),
                changes => changes.join("; "),
            };
            vec![
                format!("{number}"),
                utc(run.environment.started_unix_s),
                run.environment.flagpole.clone(),
                run.validity.to_string(),
                reasons(&run.reasons),
                changes,
            ]
        };
        let columns = [
            "run",
            "started",
            "flagpole",
            "verdict",
            "reasons",
            "changed since the run before",
        ];
        DataTable {
            caption: "The runs".to_owned(),
            columns: columns.map(Column::text).into(),
            rows: (1..).zip(&self.runs).map(row).collect(),
            ..DataTable::default()
        }
    }

    /// The first cells of the rows of a table of figures: the number of the run and its verdict.
    pub(super) fn row_heads(&self) -> impl Iterator<Item = Vec<String>> {
        (1..)
            .zip(&self.runs)
            .map(|(number, run): (usize, _)| vec![number.to_string(), run.validity.to_string()])
    }
}

/// The reasons without the remedies that follow them.
fn reasons(reasons: &[&str]) -> String {
    let shown = reasons.iter().take(MAX_REASONS);
    let shown = shown.map(|reason| reason.split(';').next().unwrap_or_default());
    let shown = shown.collect::<Vec<_>>().join("; ");
    match reasons.len() {
        0 => "–".to_owned(),
        count if count > MAX_REASONS => format!("{shown}; and {} more", count - MAX_REASONS),
        _ => shown,
    }
}
