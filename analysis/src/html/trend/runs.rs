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
use std::collections::BTreeSet;

/// The most runs of a trend: the newest ones.
pub(super) const MAX_RUNS: usize = 200;

/// The most characters of the reasons of a verdict.
const MAX_REASONS: usize = 130;

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
        let starts = self.runs.iter().map(|run| run.environment.started_unix_s);
        let minutes: BTreeSet<u64> = starts.clone().map(|unix_s| unix_s / 60).collect();
        // `2026-11-28 13:25`, with the seconds if runs began in the same minute.
        let length = if minutes.len() < self.runs.len() {
            19
        } else {
            16
        };
        let date = |unix_s| utc(unix_s)[..length].to_owned();
        let ticks = (1..)
            .zip(starts)
            .map(|(number, unix_s): (u32, _)| (f64::from(number), date(unix_s)));
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

/// The reasons without the remedies that follow them: as many as there is room for, and the first in any case.
fn reasons(reasons: &[&str]) -> String {
    let Some((first, others)) = reasons.split_first() else {
        return "–".to_owned();
    };
    let cause = |reason: &str| reason.split(';').next().unwrap_or_default().to_owned();
    let (mut shown, mut count) = (whole_words(&cause(first)), 1);
    for other in others {
        let longer = format!("{shown}; {}", cause(other));
        if longer.chars().count() > MAX_REASONS {
            break;
        }
        (shown, count) = (longer, count + 1);
    }
    match reasons.len() - count {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// The first words of a text, as many as there is room for.
fn whole_words(text: &str) -> String {
    if text.chars().count() <= MAX_REASONS {
        return text.to_owned();
    }
    let head: String = text.chars().take(MAX_REASONS).collect();
    let end = head.rfind(' ').unwrap_or(head.len());
    format!("{} …", &head[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_not_cut_within_words() {
        let long = "lost 3 ms of 500 ms without a processor ".repeat(9);
        let shown = reasons(&[&long, "late; remedy", "other"]);
        assert!(shown.ends_with(" …; and 2 more"), "{shown}");
        let words: Vec<_> = shown.split(" …").next().unwrap().split(' ').collect();
        assert!(
            words
                .iter()
                .all(|word| long.split(' ').any(|known| known == *word))
        );
        assert_eq!(reasons(&["late; remedy", "other"]), "late; other");
    }

    #[test]
    fn runs_of_one_minute_have_different_labels() {
        let environments = [60, 61, 119].map(|started_unix_s| Environment {
            started_unix_s,
            ..Environment::default()
        });
        let all = environments
            .iter()
            .map(|one| (one, Validity::Valid, Vec::new()));
        let ticks = TrendRuns::new(all).axis().ticks;
        assert_eq!(ticks[1].1, "1970-01-01 00:01:01");
    }
}
