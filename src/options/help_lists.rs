//! Lists for the end of the help (`after_help`): strategies, latencies, faults.

use flagpole_client::strategy;
use flagpole_server::fate::{fault, latency};
use std::env;
use std::sync::LazyLock;
use terminal_size::{Width, terminal_size};

/// The maximum width of the help, in characters.
pub(crate) const MAX_WIDTH: usize = 120;

/// The width of the help as clap computes it: that of the terminal, or of `COLUMNS`.
static WIDTH: LazyLock<usize> = LazyLock::new(|| {
    let terminal = terminal_size().map(|(Width(width), _)| width.into());
    let columns = || env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(columns).unwrap_or(100).min(MAX_WIDTH)
});

pub(crate) fn strategies() -> String {
    let all = strategy::ALL
        .iter()
        .map(|one| (one.name(), one.about().to_owned()));
    list(
        "Strategies (`flagpole strategies` shows their default concurrency)",
        all,
    )
}

pub(crate) fn latencies_and_faults() -> String {
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
    let name_width = entries
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let entries = entries
        .iter()
        .map(|(name, about)| entry(*WIDTH, name_width, name, about));
    format!("{heading}:\n{}", entries.collect::<String>())
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
