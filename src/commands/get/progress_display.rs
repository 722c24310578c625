//! Shows downloads as they complete: a line per download, a progress bar, or nothing.

use crate::output;
use anstyle::{AnsiColor, Style};
use flagpole_protocol::{AttemptRecord, Outcome, OutcomeClass, Resource};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The number of outcomes after the bar.
const RECENT: usize = 3;

/// The minimum time between two updates of the outcomes. The bar is not drawn more often, and formatting the outcomes
/// for every download would take up to a tenth of the CPU time of a download.
const UPDATE_INTERVAL: Duration = Duration::from_millis(50);

pub(super) enum ProgressDisplay {
    /// A line per download.
    Lines,
    /// Count, rate and recent outcomes.
    Bar(ProgressBar, Mutex<RecentOutcomes>),
    /// Standard error is not a terminal.
    Nothing,
}

#[derive(Default)]
pub(super) struct RecentOutcomes {
    outcomes: VecDeque<(Resource, Outcome)>,
    updated: Option<Instant>,
}

impl RecentOutcomes {
    fn push(&mut self, resource: Resource, outcome: Outcome) {
        self.outcomes.push_back((resource, outcome));
        if self.outcomes.len() > RECENT {
            self.outcomes.pop_front();
        }
    }

    /// The text after the bar; `None` if the last update was too recent.
    fn text(&mut self, now: Instant) -> Option<String> {
        let is_recent = |updated| now.saturating_duration_since(updated) < UPDATE_INTERVAL;
        if self.updated.is_some_and(is_recent) {
            return None;
        }
        self.updated = Some(now);
        let outcomes = self.outcomes.iter();
        let texts: Vec<_> = outcomes
            .map(|(resource, outcome)| format!("{} {outcome}", resource.name()))
            .collect();
        Some(texts.join(", "))
    }
}

impl ProgressDisplay {
    pub(super) fn new(downloads: usize, is_verbose: bool) -> ProgressDisplay {
        if is_verbose {
            return ProgressDisplay::Lines;
        }
        if !io::stderr().is_terminal() {
            return ProgressDisplay::Nothing;
        }
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // The bar has no way to report an error.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {rate:>7}  {wide_msg}")
            .expect("the template is well formed")
            .with_key("rate", rate);
        let bar = ProgressBar::new(downloads as u64).with_style(style);
        ProgressDisplay::Bar(bar, Mutex::default())
    }

    /// Shows the final attempt of a download.
    pub(super) fn show(&self, record: &AttemptRecord) {
        if !record.is_final {
            return;
        }
        let outcome = &record.outcome;
        match self {
            ProgressDisplay::Lines => {
                let style = style(outcome.class());
                let subject = subject(record);
                output::note(&format!("{style}{subject} {outcome}{style:#}"));
            }
            ProgressDisplay::Bar(bar, recent) => {
                let text = {
                    let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
                    recent.push(record.resource, outcome.clone());
                    recent.text(Instant::now())
                };
                if let Some(text) = text {
                    bar.set_message(text);
                }
                bar.inc(1);
            }
            ProgressDisplay::Nothing => {}
        }
    }

    pub(super) fn finish(&self) {
        if let ProgressDisplay::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
    }
}

fn subject(record: &AttemptRecord) -> String {
    let name = record.resource.name();
    match (record.outcome.class(), record.resource) {
        (OutcomeClass::Error, Resource::Flag(_) | Resource::Path(_)) => {
            format!("*** Error for {name}:")
        }
        (OutcomeClass::Error, Resource::Metadata(_)) => {
            format!("*** Error for the metadata of {name}:")
        }
        _ => name,
    }
}

fn style(class: OutcomeClass) -> Style {
    match class {
        OutcomeClass::Ok | OutcomeClass::Intermediate => Style::new(),
        OutcomeClass::NotFound => AnsiColor::Yellow.on_default(),
        OutcomeClass::Error => AnsiColor::Red.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_recent_outcomes_are_shown_at_most_every_50_ms() {
        let (mut recent, start) = (RecentOutcomes::default(), Instant::now());
        for code in ["BR", "CN", "IN", "JP"] {
            recent.push(Resource::Flag(code.parse().unwrap()), Outcome::Ok);
        }
        let text = recent.text(start);
        assert_eq!(text.as_deref(), Some("CN ok, IN ok, JP ok"));
        recent.push(Resource::Flag("US".parse().unwrap()), Outcome::NotFound);
        assert_eq!(recent.text(start + UPDATE_INTERVAL / 2), None);
        let text = recent.text(start + UPDATE_INTERVAL);
        assert_eq!(text.as_deref(), Some("IN ok, JP ok, US not found"));
    }
}
