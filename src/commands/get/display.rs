//! What a person sees while flags come in: a line each, a bar, or nothing.

use crate::output;
use anstyle::{AnsiColor, Style};
use flagpole_protocol::{AttemptRecord, Outcome, OutcomeClass};
use flagpole_protocol::{CountryCode, Resource};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many of the last outcomes stand behind the bar.
const LAST: usize = 3;

/// They are written anew no sooner than this, as the bar is drawn no more often: to write them for each
/// download would cost as much as a tenth of it.
const OFTEN: Duration = Duration::from_millis(50);

/// What is shown while it runs.
pub(crate) enum Display {
    /// A line for each download, in the manner of the book's programs.
    Lines,
    /// Count, rate and the last few outcomes.
    Bar(ProgressBar, Mutex<Last>),
    /// No one watches.
    Nothing,
}

/// The last few outcomes.
#[derive(Default)]
pub(crate) struct Last {
    outcomes: VecDeque<(CountryCode, Outcome)>,
    /// When they were last written behind the bar.
    written: Option<Instant>,
}

impl Last {
    fn push(&mut self, code: CountryCode, outcome: Outcome) {
        self.outcomes.push_back((code, outcome));
        if self.outcomes.len() > LAST {
            self.outcomes.pop_front();
        }
    }

    /// What is to stand behind the bar, unless it is too soon.
    fn text(&mut self, now: Instant) -> Option<String> {
        let is_soon = |written: Instant| now.saturating_duration_since(written) < OFTEN;
        if self.written.is_some_and(is_soon) {
            return None;
        }
        self.written = Some(now);
        let outcomes = self.outcomes.iter();
        let texts: Vec<_> = outcomes
            .map(|(code, outcome)| format!("{code} {outcome}"))
            .collect();
        Some(texts.join(", "))
    }
}

impl Display {
    pub(crate) fn new(downloads: usize, verbose: bool) -> Display {
        if verbose {
            return Display::Lines;
        }
        if !io::stderr().is_terminal() {
            return Display::Nothing;
        }
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // There is nobody to tell that a rate could not be shown.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {rate:>7}  {wide_msg}")
            .expect("the template is well formed")
            .with_key("rate", rate);
        let bar = ProgressBar::new(downloads as u64).with_style(style);
        Display::Bar(bar, Mutex::default())
    }

    /// An attempt is over.
    pub(crate) fn show(&self, record: &AttemptRecord) {
        if !record.is_final {
            return;
        }
        let (code, outcome) = (record.resource.code(), &record.outcome);
        match self {
            Display::Lines => {
                let class = outcome.class();
                let style = style(class);
                let what = match (class, record.resource) {
                    (OutcomeClass::Error, Resource::Flag(_)) => format!("*** Error for {code}:"),
                    (OutcomeClass::Error, Resource::Metadata(_)) => {
                        format!("*** Error for the metadata of {code}:")
                    }
                    _ => code.to_string(),
                };
                output::note(&format!("{style}{what} {outcome}{style:#}"));
            }
            Display::Bar(bar, last) => {
                let text = {
                    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                    last.push(code, outcome.clone());
                    last.text(Instant::now())
                };
                if let Some(text) = text {
                    bar.set_message(text);
                }
                bar.inc(1);
            }
            Display::Nothing => {}
        }
    }

    pub(crate) fn finish(&self) {
        if let Display::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
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
    fn the_last_three_are_written_and_not_too_often() {
        let (mut last, start) = (Last::default(), Instant::now());
        for code in ["BR", "CN", "IN", "JP"] {
            last.push(code.parse().unwrap(), Outcome::Ok);
        }
        let text = last.text(start);
        assert_eq!(text.as_deref(), Some("CN ok, IN ok, JP ok"));
        last.push("US".parse().unwrap(), Outcome::NotFound);
        assert_eq!(last.text(start + OFTEN / 2), None);
        let text = last.text(start + OFTEN);
        assert_eq!(text.as_deref(), Some("IN ok, JP ok, US not found"));
    }
}
