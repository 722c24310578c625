//! Strategies, report formats, latencies and faults by name: parsed, listed at the end of the help (`after_help`), and
//! completed by shells.

use anyhow::{Result, bail};
use clap_complete::engine::CompletionCandidate;
use derive_more::Display;
use flagpole_analysis::report::{self, Report};
use flagpole_client::{ArrivalProcess, Strategy, TargetOrder, TransportKind, strategy};
use flagpole_protocol::SpecError;
use flagpole_server::fate::{fault, latency};
use std::str::FromStr;
use std::{env, sync::LazyLock};
use terminal_size::{Width, terminal_size};

/// A strategy by its name.
#[derive(Clone, Copy, Display)]
#[display("{}", _0.name())]
pub(crate) struct StrategyName(pub(crate) &'static dyn Strategy);

impl FromStr for StrategyName {
    type Err = SpecError;

    fn from_str(name: &str) -> Result<StrategyName, SpecError> {
        strategy::by_name(name).map(StrategyName)
    }
}

pub(crate) fn parse_format(name: &str) -> Result<&'static dyn Report, SpecError> {
    let found = report::ALL.iter().find(|one| one.name() == name).copied();
    let known = || report::ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("format", name, known()))
}

pub(crate) fn strategy_candidates() -> Vec<CompletionCandidate> {
    candidates(strategy::ALL.iter().map(|one| (one.name(), one.about())))
}

/// The strategies, and `all`.
pub(crate) fn strategy_lists() -> Vec<CompletionCandidate> {
    let mut all = strategy_candidates();
    all.extend(candidates([("all", "all strategies")]));
    all
}

pub(crate) fn transports() -> Vec<CompletionCandidate> {
    let names = TransportKind::ALL.iter().map(TransportKind::to_string);
    names.map(CompletionCandidate::new).collect()
}

pub(crate) fn arrivals() -> Vec<CompletionCandidate> {
    let names = ArrivalProcess::ALL.iter().map(|one| one.name());
    names.map(CompletionCandidate::new).collect()
}

pub(crate) fn target_orders() -> Vec<CompletionCandidate> {
    let names = TargetOrder::ALL.iter().map(|one| one.name());
    names.map(CompletionCandidate::new).collect()
}

/// Refuses a transport that the strategy cannot use.
pub(crate) fn check_transport(strategy: &dyn Strategy, transport: TransportKind) -> Result<()> {
    let can_use = |strategy: &dyn Strategy| strategy.transports().contains(&transport);
    if !can_use(strategy) {
        let able = strategy::ALL.iter().filter(|one| can_use(**one));
        let able: Vec<_> = able.map(|one| one.name()).collect();
        bail!(
            "--transport: `{}` cannot use `{transport}`; strategies that can: {}",
            strategy.name(),
            able.join(", ")
        );
    }
    Ok(())
}

pub(crate) fn formats() -> Vec<CompletionCandidate> {
    let names = report::ALL.iter().map(|one| one.name());
    names.map(CompletionCandidate::new).collect()
}

pub(crate) fn latencies() -> Vec<CompletionCandidate> {
    candidates(latency::FAMILY.iter().map(|one| (one.example, one.about)))
}

pub(crate) fn faults() -> Vec<CompletionCandidate> {
    candidates(fault::FAMILY.iter().map(|one| (one.example, one.about)))
}

/// Names with descriptions.
fn candidates<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<CompletionCandidate> {
    let candidate = |(name, about): (&str, &str)| {
        CompletionCandidate::new(name).help(Some(about.to_owned().into()))
    };
    all.into_iter().map(candidate).collect()
}

/// A sentence with the keys of an experiment instead of the options of the command line: `fail_if` for `--fail-if`.
/// `--baseline` is an option only.
pub(crate) fn with_keys(sentence: &str) -> String {
    let words = sentence.split(' ').map(|word| {
        let name = word.trim_start_matches('`');
        match name.strip_prefix("--") {
            Some(key) if key != "baseline" => word.replace(name, &key.replace('-', "_")),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The maximum width of the help, in characters.
pub(crate) const MAX_WIDTH: usize = 120;

/// The width of the help as clap computes it: that of the terminal, or of `COLUMNS`.
static WIDTH: LazyLock<usize> = LazyLock::new(|| {
    let terminal = terminal_size().map(|(Width(width), _)| width.into());
    let columns = || env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(columns).unwrap_or(100).min(MAX_WIDTH)
});

pub(crate) fn strategy_list() -> String {
    let heading = "Strategies (`flagpole strategies` shows their default concurrency)";
    let all = strategy::ALL.iter();
    list(heading, all.map(|one| (one.name(), one.about().to_owned())))
}

pub(crate) fn latency_and_fault_lists() -> String {
    let latencies = latency::FAMILY.iter();
    let latencies = latencies.map(|one| (one.name, format!("{} (`{}`)", one.about, one.example)));
    let faults = fault::FAMILY.iter();
    let faults = faults.map(|one| (one.name, format!("{} (`{}@5%`)", one.about, one.example)));
    let heading = "Faults (append @PERCENT; default 100%; docs/faults.md)";
    list("Latencies (docs/latencies.md)", latencies) + "\n" + &list(heading, faults)
}

/// A heading, and names with descriptions that have a hanging indent.
pub(crate) fn list<'a>(heading: &str, entries: impl Iterator<Item = (&'a str, String)>) -> String {
    let entries: Vec<_> = entries.collect();
    let widths = entries.iter().map(|(name, _)| name.len());
    let name_width = widths.max().unwrap_or_default();
    let entry = |(name, about): &(&str, String)| entry(*WIDTH, name_width, name, about);
    let entries: String = entries.iter().map(entry).collect();
    format!("{heading}:\n{entries}")
}

fn entry(width: usize, name_width: usize, name: &str, about: &str) -> String {
    let indent = " ".repeat(name_width + 3);
    let mut lines = vec![format!("  {name:<name_width$} ")];
    for word in about.split(' ') {
        let line = lines.last_mut().expect("the first line holds the name");
        if line.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!("{indent} {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_description_has_a_hanging_indent_at_any_width() {
        let about = "word ".repeat(20);
        for width in [30, 80, 120] {
            let text = entry(width, 4, "name", about.trim_end());
            let mut lines = text.lines();
            assert!(
                lines.next().unwrap().starts_with("  name  word word"),
                "{text}"
            );
            assert!(lines.all(|line| line.starts_with("        word")), "{text}");
            assert!(text.lines().all(|line| line.len() <= width), "{text}");
        }
    }
}
