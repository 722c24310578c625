//! The names of processes in a sentence.

use crate::load::process_figures::ProcessFigures;

/// The most names of a sentence.
const MAX_NAMES: usize = 3;

/// `process a`, `processes a and b`, `processes a, b, c and 997 more`.
pub(super) fn named(processes: &[&ProcessFigures]) -> String {
    let names = |count| processes.iter().take(count).map(|one| &one.process[..]);
    match processes.len() {
        0 => String::new(),
        1 => format!("process {}", processes[0].process),
        count if count > MAX_NAMES + 1 => {
            let names: Vec<_> = names(MAX_NAMES).collect();
            format!(
                "processes {} and {} more",
                names.join(", "),
                count - MAX_NAMES
            )
        }
        count => format!(
            "processes {}",
            crate::human::list(&names(count).collect::<Vec<_>>())
        ),
    }
}

/// `process a: `, `3 of 4 processes (a, b and c), the first: `.
pub(super) fn whose(affected: &[&ProcessFigures], all: usize) -> String {
    if let [only] = affected {
        return format!("process {}: ", only.process);
    }
    let (count, names) = (affected.len(), named(affected));
    let names = names.trim_start_matches("processes ");
    format!("{count} of {all} processes ({names}), the first: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_names_are_all_named_and_many_are_counted() {
        let process = |name: &str| ProcessFigures {
            process: name.to_owned(),
            ..ProcessFigures::default()
        };
        let processes = ["a", "b", "c", "d", "e"].map(process);
        let all: Vec<_> = processes.iter().collect();
        for (count, text) in [
            (1, "process a"),
            (2, "processes a and b"),
            (4, "processes a, b, c and d"),
            (5, "processes a, b, c and 2 more"),
        ] {
            assert_eq!(named(&all[..count]), text);
        }
        assert_eq!(whose(&all[..1], 5), "process a: ");
        assert_eq!(
            whose(&all[..2], 5),
            "2 of 5 processes (a and b), the first: "
        );
    }
}
