//! Reasons to doubt a program's figures: it did less than the workload, or more.

use super::observed::{ObservedCell, ObservedStrategy};
use super::verdict::ValidityIssue;
use crate::human::plural;
use crate::program::ProgramBehaviour;
use std::collections::BTreeMap;

/// The number of paths that a message names.
const NAMED_PATHS: usize = 3;

/// All reasons to doubt a program; none for a strategy.
pub(super) fn reasons(one: &ObservedStrategy, cell: &ObservedCell) -> Vec<ValidityIssue> {
    let Some(program) = &one.program else {
        return Vec::new();
    };
    let name = &one.name;
    let reasons = [
        program_failed(name, program),
        files_not_requested(name, program),
        unasked_retries(name, program).filter(|_| !has_retries(cell)),
        duplicate_requests(name, program),
        other_requests(name, program),
        chosen_numbers(name, program),
    ];
    reasons.into_iter().flatten().collect()
}

/// What cannot be known of programs, as a sentence without a full stop; `None` without programs.
pub(super) fn unchecked(cell: &ObservedCell) -> Option<String> {
    let programs = cell.strategies.iter().filter(|one| one.program.is_some());
    let names: Vec<_> = programs.map(|one| one.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "lost processor time of {}, and what became of the bodies: programs are watched from the server",
            names.join(", ")
        )
    })
}

/// The process did not end with exit code 0.
fn program_failed(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let failures = program.failures().map(|(how, count)| {
        let rounds = plural(program.rounds(), "round");
        format!("with {how} in {count} of {rounds}")
    });
    let failures: Vec<_> = failures.collect();
    let said = program.stderr.as_ref();
    let said = said.map_or(String::new(), |text| format!(": {text}"));
    let message = format!("{name} ended {}{said}", failures.join(" and "));
    (!failures.is_empty()).then(|| ValidityIssue::suspect("program_failed", message))
}

/// Files of the workload were not requested: less work than that of others.
fn files_not_requested(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let paths = program.not_requested_paths.iter();
    let message = format!(
        "{name} did not request {} of the workload of a round: {}",
        plural(program.not_requested, "file"),
        first_of(paths.cloned(), program.not_requested_paths.len())
    );
    (program.not_requested > 0).then(|| ValidityIssue::suspect("files_not_requested", message))
}

/// Requests that had failed were repeated, although no retries were asked for.
fn unasked_retries(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let retries = match program.unasked_retries {
        1 => "1 retry".to_owned(),
        count => format!("{count} retries"),
    };
    let message = format!(
        "{name} made {retries} that the experiment does not ask for; turn them off, or give the strategies --retries"
    );
    (program.unasked_retries > 0).then(|| ValidityIssue::suspect("unasked_retries", message))
}

/// Files were requested again after they had been delivered, or while they were.
fn duplicate_requests(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let kinds = [
        (program.duplicates, "after they had been delivered"),
        (
            program.concurrent_repeats,
            "while a request for them was in progress",
        ),
    ];
    let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
    let kinds: Vec<_> = kinds
        .map(|(count, when)| format!("{} {when}", plural(count, "time")))
        .collect();
    let message = format!("{name} requested files again: {}", kinds.join(", "));
    (!kinds.is_empty()).then(|| ValidityIssue::suspect("duplicate_requests", message))
}

/// Other things than the files of the workload were requested.
fn other_requests(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let paths: &BTreeMap<String, u64> = &program.other_paths;
    let named = paths
        .iter()
        .map(|(path, count)| format!("{path} ({count})"));
    let message = format!(
        "{name} made {} outside the workload: {}",
        plural(program.other_requests, "request"),
        first_of(named, paths.len())
    );
    (program.other_requests > 0).then(|| ValidityIssue::suspect("other_requests", message))
}

/// Requests chose their own fates, which are not those of the others.
fn chosen_numbers(name: &str, program: &ProgramBehaviour) -> Option<ValidityIssue> {
    let message = format!(
        "{name} chose the numbers of {} itself and so their fates; leave out the field `Flagpole-Nth`",
        plural(program.chosen_numbers, "request")
    );
    (program.chosen_numbers > 0).then(|| ValidityIssue::invalid("chosen_numbers", message))
}

/// The first few of a list, and how many others there are.
fn first_of(list: impl Iterator<Item = String>, count: usize) -> String {
    let named: Vec<_> = list.take(NAMED_PATHS).collect();
    let others = count.saturating_sub(NAMED_PATHS);
    let others = if others > 0 { " and others" } else { "" };
    named.join(", ") + others
}

/// Whether strategies retried too, so that retries are part of the experiment.
fn has_retries(cell: &ObservedCell) -> bool {
    let mut strategies = cell.strategies.iter();
    strategies.any(|one| one.program.is_none() && one.retries > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validity::{Validity, Verdict};

    fn verdict(change: impl FnOnce(&mut ProgramBehaviour)) -> Verdict {
        let mut program = ProgramBehaviour::default();
        program.exits.insert("exit_0".to_owned(), 10);
        change(&mut program);
        let strategy = |name: &str, program| ObservedStrategy {
            name: name.to_owned(),
            program,
            has_server_timing: true,
            ..ObservedStrategy::default()
        };
        let strategies = vec![strategy("async", None), strategy("py", Some(program))];
        Verdict::for_cell(&ObservedCell {
            rounds: 10,
            requested_rounds: 10,
            strategies,
            ..ObservedCell::default()
        })
    }

    /// Label and message of the only reason.
    fn reason(change: impl FnOnce(&mut ProgramBehaviour)) -> (String, String) {
        let verdict = verdict(change);
        assert_eq!(verdict.validity, Validity::Suspect);
        let [reason] = &verdict.reasons[..] else {
            panic!("{:?}", verdict.reasons);
        };
        (reason.label.clone(), reason.message.clone())
    }

    fn expect(got: &(String, String), label: &str, message: &str) {
        assert_eq!(*got, (label.to_owned(), message.to_owned()));
    }

    #[test]
    fn well_behaved_program_is_no_reason() {
        let verdict = verdict(|_| {});
        assert_eq!(verdict.reasons, []);
        let last = verdict.unchecked.last().unwrap();
        assert!(
            last.starts_with("lost processor time of py, and what became"),
            "{last}"
        );
    }

    #[test]
    fn secret_retries_are_a_reason_unless_strategies_retry_too() {
        let program = ProgramBehaviour {
            unasked_retries: 12,
            ..ProgramBehaviour::default()
        };
        let expected = "py made 12 retries that the experiment does not ask for; turn them off, or give the strategies \
                        --retries";
        expect(
            &reason(|one| one.unasked_retries = 12),
            "unasked_retries",
            expected,
        );
        let strategies = vec![
            ObservedStrategy {
                retries: 12,
                ..ObservedStrategy::default()
            },
            ObservedStrategy {
                program: Some(program),
                ..ObservedStrategy::default()
            },
        ];
        let cell = ObservedCell {
            strategies,
            ..ObservedCell::default()
        };
        assert_eq!(reasons(&cell.strategies[1], &cell), []);
    }

    #[test]
    fn files_that_are_requested_twice_or_not_at_all_are_reasons() {
        expect(
            &reason(|one| (one.duplicates, one.concurrent_repeats) = (3, 1)),
            "duplicate_requests",
            "py requested files again: 3 times after they had been delivered, 1 time while a request for them was in \
             progress",
        );
        let paths = ["/a", "/b", "/c", "/d"].map(str::to_owned).to_vec();
        expect(
            &reason(|one| (one.not_requested, one.not_requested_paths) = (40, paths)),
            "files_not_requested",
            "py did not request 40 files of the workload of a round: /a, /b, /c and others",
        );
    }

    #[test]
    fn requests_outside_the_workload_are_a_reason() {
        let paths = [("/robots.txt".to_owned(), 10)].into();
        expect(
            &reason(|one| (one.other_requests, one.other_paths) = (10, paths)),
            "other_requests",
            "py made 10 requests outside the workload: /robots.txt (10)",
        );
    }

    #[test]
    fn failed_processes_are_a_reason_with_what_they_said() {
        let exits = [("exit_0", 7), ("exit_1", 2), ("timeout", 1)];
        let exits = exits.map(|(label, count)| (label.to_owned(), count)).into();
        expect(
            &reason(|one| (one.exits, one.stderr) = (exits, Some("no route".to_owned()))),
            "program_failed",
            "py ended with exit code 1 in 2 of 10 rounds and with timeout in 1 of 10 rounds: no route",
        );
    }
}
