//! What the ends of processes add up to.

use super::end::ProcessEnd;
use crate::comparison::ResourceUsage;
use crate::load::iterations::LoadIterations;
use crate::load::observed::ObservedLoad;
use crate::load::stop_reason::StopReason;

/// Adds the end of a process. What a process did not get from its machine does not add up: each process is judged by itself.
pub(super) fn add_end(observed: &mut ObservedLoad, process: &str, end: &ProcessEnd) {
    observed.unstarted += end.unstarted;
    observed.loops.extend_from_slice(&end.loops);
    observed.is_server_local |= end.is_server_local;
    // A silence of the server is not one while a client was stopped.
    observed.lost.stopped_us = observed.lost.stopped_us.max(end.lost.stopped_us);
    add_usage(&mut observed.resource_usage, &end.resource_usage);
    if let Some(iterations) = &end.iterations {
        add_iterations(observed.iterations.get_or_insert_default(), iterations);
    }
    if severity(&end.stop) > severity(&observed.stop) {
        observed.stop = of_process(process, &end.stop);
    }
}

fn severity(stop: &StopReason) -> u8 {
    match stop {
        StopReason::Completed => 0,
        StopReason::Interrupted => 1,
        StopReason::Aborted { .. } => 2,
        StopReason::ServerGone { .. } => 3,
    }
}

fn of_process(process: &str, stop: &StopReason) -> StopReason {
    let of_process = |message: &str| format!("process {process}: {message}");
    match stop {
        StopReason::Aborted { message } => StopReason::Aborted {
            message: of_process(message),
        },
        StopReason::ServerGone { message } => StopReason::ServerGone {
            message: of_process(message),
        },
        stop => stop.clone(),
    }
}

/// Peaks of processes add up to what they need at most at a time.
fn add_usage(sum: &mut ResourceUsage, usage: &ResourceUsage) {
    sum.cpu_user_us += usage.cpu_user_us;
    sum.cpu_system_us += usage.cpu_system_us;
    sum.peak_memory_kib += usage.peak_memory_kib;
    sum.peak_threads += usage.peak_threads;
    sum.voluntary_context_switches += usage.voluntary_context_switches;
    sum.involuntary_context_switches += usage.involuntary_context_switches;
}

/// Processes of one experiment have the same steps.
fn add_iterations(sum: &mut LoadIterations, iterations: &LoadIterations) {
    sum.completed += iterations.completed;
    sum.failed += iterations.failed;
    sum.unfinished += iterations.unfinished;
    for step in &iterations.steps {
        match sum.steps.iter_mut().find(|known| known.name == step.name) {
            Some(known) => {
                known.failed_requests += step.failed_requests;
                known.missing_values += step.missing_values;
                if known.first_reason.is_none() {
                    known.first_reason.clone_from(&step.first_reason);
                }
            }
            None => sum.steps.push(step.clone()),
        }
    }
}
