//! The ledgers of the servers that processes have started.

use super::process_state::ProcessState;
use crate::comparison::ServerSummary;
use crate::load::observed::ObservedLoad;
use flagpole_protocol::LoadStats;

/// The ledgers of processes.
fn ledgers(processes: &[ProcessState]) -> impl Iterator<Item = &ServerSummary> {
    processes
        .iter()
        .filter_map(|one| one.end.as_ref()?.server.as_ref())
}

/// Whether there are ledgers which cannot be held against all requests, as the attempts of a process are not all known.
pub(super) fn are_incomplete(processes: &[ProcessState]) -> bool {
    ledgers(processes).next().is_some() && processes.iter().any(is_incomplete)
}

fn is_incomplete(process: &ProcessState) -> bool {
    process.end.is_none() || process.missing_intervals() > 0
}

/// The ledger of all requests: the sum of those of several servers, or the one of a server that all processes used, also if
/// each of them has it. `None` without one, or if it cannot be held against all requests.
pub(super) fn of_whole(
    processes: &[ProcessState],
    observed: &ObservedLoad,
) -> Option<ServerSummary> {
    let all: Vec<_> = ledgers(processes).collect();
    let first = *all.first()?;
    if are_incomplete(processes) {
        return None;
    }
    let is_shared = all.iter().all(|one| *one == first);
    if all.len() == 1 || is_shared && has_all(first, &[&observed.stats, &observed.warm_up]) {
        return Some(first.clone());
    }
    let mut sum = ServerSummary::default();
    for ledger in all {
        add(&mut sum, ledger);
    }
    Some(sum)
}

/// Whether a ledger has as many responses as clients have seen.
fn has_all(ledger: &ServerSummary, stats: &[&LoadStats]) -> bool {
    let seen = stats.iter().flat_map(|one| one.statuses.values());
    ledger.requests >= seen.sum()
}

/// Adds a ledger. Of lateness and concurrency, the largest of a server remains.
fn add(sum: &mut ServerSummary, ledger: &ServerSummary) {
    sum.requests += ledger.requests;
    sum.completed += ledger.completed;
    sum.aborted += ledger.aborted;
    sum.ended_by_fault += ledger.ended_by_fault;
    sum.ended_by_stop += ledger.ended_by_stop;
    sum.timed_out += ledger.timed_out;
    for (status, count) in &ledger.by_status {
        *sum.by_status.entry(*status).or_default() += count;
    }
    sum.delayed += ledger.delayed;
    sum.lateness_p50_us = sum.lateness_p50_us.max(ledger.lateness_p50_us);
    sum.lateness_p99_us = sum.lateness_p99_us.max(ledger.lateness_p99_us);
    sum.early_responses += ledger.early_responses;
    sum.peak_concurrency = sum.peak_concurrency.max(ledger.peak_concurrency);
    sum.cpu_us += ledger.cpu_us;
}
