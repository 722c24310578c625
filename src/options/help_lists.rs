//! Lists for the end of the help (`after_help`): strategies, latencies, faults.

use flagpole_client::strategy;
use flagpole_server::fate::{fault, latency};

/// The maximum width of a line, in characters: clap does not wrap lines that fit the terminal.
const WIDTH: usize = 80;

/// The width of the column of names, in characters.
const NAME_WIDTH: usize = 12;

/// The width of the column of names of strategies, in characters.
const STRATEGY_WIDTH: usize = 20;

pub(crate) fn strategies() -> String {
    let all = strategy::ALL.iter();
    let entries = all.map(|one| entry(STRATEGY_WIDTH, one.name(), one.about()));
    format!(
        "Strategies (`flagpole strategies` shows their default concurrency):\n{}",
        entries.collect::<String>()
    )
}

pub(crate) fn latencies_and_faults() -> String {
    let latencies = latency::FAMILY.iter().map(|member| {
        let text = format!("{} (`{}`)", member.about, member.example);
        entry(NAME_WIDTH, member.name, &text)
    });
    let faults = fault::FAMILY.iter().map(|member| {
        let text = format!("{} (`{}@5%`)", member.about, member.example);
        entry(NAME_WIDTH, member.name, &text)
    });
    format!(
        "Latencies (docs/latencies.md):\n{}\nFaults (append @PERCENT; default 100%; docs/faults.md):\n{}",
        latencies.collect::<String>(),
        faults.collect::<String>()
    )
}

/// A name and its description, with a hanging indent if the description takes several lines.
pub(crate) fn entry(name_width: usize, name: &str, about: &str) -> String {
    let indent = " ".repeat(name_width + 3);
    let mut lines = vec![format!("  {name:<name_width$}")];
    for word in about.split(' ') {
        let line = lines.last_mut().expect("the first line holds the name");
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{indent}{word}"));
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
    fn long_description_has_a_hanging_indent() {
        let about = "word ".repeat(20);
        let text = entry(4, "name", about.trim_end());
        let lines: Vec<_> = text.lines().collect();
        let [first, second] = lines[..] else {
            panic!("{text}");
        };
        assert_eq!(first.len(), 76, "{text}");
        assert!(first.starts_with("  name word word"), "{text}");
        assert!(second.starts_with("       word word"), "{text}");
    }
}
