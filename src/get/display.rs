//! What a person sees while flags come in: a line each, a bar, or nothing.

use crate::print;
use anstyle::{AnsiColor, Style};
use flagpole_client::{Class, Record};
use flagpole_fixtures::Resource;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

/// How many of the last outcomes stand behind the bar.
const LAST: usize = 3;

/// What is shown while it runs.
pub(super) enum Display {
    /// A line for each download, in the manner of the book's programs.
    Lines,
    /// Count, rate and the last few outcomes.
    Bar(ProgressBar, Mutex<VecDeque<String>>),
    /// No one watches.
    Nothing,
}

impl Display {
    pub(super) fn new(downloads: usize, verbose: bool) -> Display {
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
    pub(super) fn show(&self, record: &Record) {
        if !record.decides {
            return;
        }
        let (code, outcome) = (record.resource.code(), &record.outcome);
        match self {
            Display::Lines => {
                let class = outcome.class();
                let style = style(class);
                let what = match (class, record.resource) {
                    (Class::Error, Resource::Flag(_)) => format!("*** Error for {code}:"),
                    (Class::Error, Resource::Metadata(_)) => {
                        format!("*** Error for the metadata of {code}:")
                    }
                    _ => code.to_string(),
                };
                print::note(&format!("{style}{what} {outcome}{style:#}"));
            }
            Display::Bar(bar, last) => {
                let text = format!("{code} {outcome}");
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                last.push_back(text);
                if last.len() > LAST {
                    last.pop_front();
                }
                let shown: Vec<_> = last.iter().map(String::as_str).collect();
                bar.set_message(shown.join(", "));
                bar.inc(1);
            }
            Display::Nothing => {}
        }
    }

    pub(super) fn finish(&self) {
        if let Display::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
    }
}

fn style(class: Class) -> Style {
    match class {
        Class::Ok | Class::Step => Style::new(),
        Class::NotFound => AnsiColor::Yellow.on_default(),
        Class::Error => AnsiColor::Red.on_default(),
    }
}
