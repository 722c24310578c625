//! `shard_missing`, `shard_repeated`, `shards_differ`: the processes are not all parts of one load, each once.

use super::process_names::named;
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;
use std::collections::BTreeMap;

/// The most numbers of a sentence.
const MAX_NUMBERS: usize = 10;

/// Invalid: the load was not the one that was asked for.
pub(super) fn check(processes: &[ProcessFigures]) -> Vec<ValidityIssue> {
    let mut by_number: BTreeMap<u64, Vec<&ProcessFigures>> = BTreeMap::new();
    let mut counts: BTreeMap<u64, Vec<&ProcessFigures>> = BTreeMap::new();
    for process in processes {
        if let Some([number, count]) = process.shard {
            by_number.entry(number).or_default().push(process);
            counts.entry(count).or_default().push(process);
        }
    }
    let whole: Vec<_> = processes.iter().filter(|one| one.shard.is_none()).collect();
    if let Some(issue) = differ(&counts, &whole) {
        return vec![issue];
    }
    let Some(&count) = counts.keys().next() else {
        return Vec::new();
    };
    let issues = [missing(&by_number, count), repeated(&by_number)];
    issues.into_iter().flatten().collect()
}

fn differ(
    counts: &BTreeMap<u64, Vec<&ProcessFigures>>,
    whole: &[&ProcessFigures],
) -> Option<ValidityIssue> {
    let mut parts = counts
        .iter()
        .map(|(count, processes)| format!("{} is a shard of {count}", first(processes)));
    let one = parts.next()?;
    let other = parts
        .next()
        .or_else(|| Some(format!("{} is no shard", first(whole))).filter(|_| !whole.is_empty()))?;
    let message = format!("{one}, and {other}; merge the shards of one load");
    Some(ValidityIssue::invalid("shards_differ", message))
}

fn first(processes: &[&ProcessFigures]) -> String {
    named(&processes[..processes.len().min(1)])
}

fn missing(by_number: &BTreeMap<u64, Vec<&ProcessFigures>>, count: u64) -> Option<ValidityIssue> {
    let given = by_number.range(1..=count).count() as u64;
    let missing = (1..=count).filter(|number| !by_number.contains_key(number));
    let missing: Vec<_> = missing
        .take(MAX_NUMBERS)
        .map(|one| one.to_string())
        .collect();
    let more = if count - given > MAX_NUMBERS as u64 {
        ", ..."
    } else {
        ""
    };
    let message = format!(
        "{} of {count} shards {} missing: {}{more}; merge all logs, or run what failed again from the start",
        count - given,
        if count - given == 1 { "is" } else { "are" },
        missing.join(", ")
    );
    (given < count).then(|| ValidityIssue::invalid("shard_missing", message))
}

fn repeated(by_number: &BTreeMap<u64, Vec<&ProcessFigures>>) -> Option<ValidityIssue> {
    let mut repeated = by_number
        .iter()
        .filter(|(_, processes)| processes.len() > 1);
    let (number, processes) = repeated.next()?;
    let others = repeated.count();
    let more = if others > 0 {
        format!(", and {others} more shards as well")
    } else {
        String::new()
    };
    let message = format!(
        "shard {number} was made by {}{more}; its part of the schedule was made more than once: merge only \
         the logs of one run, and do not let a scheduler start a shard again",
        named(processes)
    );
    Some(ValidityIssue::invalid("shard_repeated", message))
}
