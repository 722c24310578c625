//! What cannot be checked of the load of several processes.

use super::starts_apart;
use crate::load::merge_facts::MergeFacts;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use std::collections::BTreeMap;

/// Sentences without a full stop.
pub(super) fn sentences(observed: &ObservedLoad, facts: &MergeFacts) -> Vec<String> {
    let processes = &facts.processes[..];
    let mut sentences: Vec<String> = clocks(processes).into_iter().collect();
    if facts.has_unchecked_ledger {
        sentences.push(
            "requests in the ledger of the server: not all processes have an end and a ledger"
                .to_owned(),
        );
    }
    if observed.asked.model.is_constant() && !starts_apart::are_together(processes) {
        sentences
            .push("a drift of response times: the processes did not begin together".to_owned());
    }
    sentences.extend(of_processes(processes));
    sentences
}

/// Without a clock in common, the starts of processes on several machines cannot be compared.
fn clocks(processes: &[ProcessFigures]) -> Option<String> {
    let unknown = processes.iter().filter(|one| one.clock_offset_us.is_none());
    let count = unknown.count();
    let sentence = format!(
        "clocks: how far those of {count} of {} processes differ is not known",
        processes.len()
    );
    (count > 0 && !have_one_clock(processes)).then_some(sentence)
}

/// Whether all processes ran on one machine, by their names: `<host>_<unique>`.
fn have_one_clock(processes: &[ProcessFigures]) -> bool {
    let host = |one: &'_ ProcessFigures| {
        let host = one.process.rsplit_once('_');
        host.map(|(host, _)| host.to_owned())
    };
    let first = processes.first().and_then(host);
    processes.len() < 2 || first.is_some() && processes.iter().all(|one| host(one) == first)
}

/// What could not be checked of processes alone, each sentence once.
fn of_processes(processes: &[ProcessFigures]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sentence in processes.iter().flat_map(|one| &one.unchecked) {
        *counts.entry(sentence).or_default() += 1;
    }
    let all = processes.len();
    let sentences = counts.iter().map(|(sentence, count)| match *count {
        count if count == all => (*sentence).to_owned(),
        count => format!("{sentence} ({count} of {all} processes)"),
    });
    sentences.collect()
}
