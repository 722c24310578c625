//! The reasons of single processes, as reasons of the whole: a label once, however many processes have it.

use super::process_names::whose;
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;

/// The severity is that of the process with the worst one, whose sentence stands for all.
pub(super) fn check(processes: &[ProcessFigures]) -> Vec<ValidityIssue> {
    let mut labels: Vec<&str> = Vec::new();
    for reason in processes.iter().flat_map(|one| &one.reasons) {
        if !labels.contains(&&reason.label[..]) {
            labels.push(&reason.label);
        }
    }
    let issues = labels.iter().filter_map(|label| of_label(processes, label));
    issues.collect()
}

fn of_label(processes: &[ProcessFigures], label: &str) -> Option<ValidityIssue> {
    let reason = |process: &ProcessFigures| {
        let mut reasons = process.reasons.iter();
        reasons.find(|reason| reason.label == label).cloned()
    };
    let mut affected: Vec<_> = processes
        .iter()
        .filter_map(|process| Some((process, reason(process)?)))
        .collect();
    affected.sort_by_key(|(_, reason)| std::cmp::Reverse(reason.severity));
    let (_, worst) = affected.first()?;
    let names: Vec<_> = affected.iter().map(|(process, _)| *process).collect();
    let message = format!("{}{}", whose(&names, processes.len()), worst.message);
    Some(ValidityIssue::new(worst.severity, label, message))
}
