//! The evidence of a bottleneck: a sentence with the figures that support it.

use super::analysis::BottleneckAnalysis;
use super::kind::BottleneckKind;
use super::percent::percent;
use super::server_limit_evidence;
use crate::human_duration::HumanDuration;
use crate::plural::plural;
use std::time::Duration;

/// The percentage of the wall time from which on the time beyond the lower bound is mentioned, as overhead.
const MIN_OVERHEAD_PERCENT: f64 = 10.0;

/// Why this is the bottleneck.
pub(super) fn sentence(analysis: &BottleneckAnalysis<'_>, kind: BottleneckKind) -> String {
    let figures = figures(analysis, kind);
    let overhead = analysis.run.wall.saturating_sub(analysis.bound);
    let share = percent(overhead, analysis.run.wall);
    if is_term_of_bound(kind) && !analysis.bound.is_zero() && share >= MIN_OVERHEAD_PERCENT {
        let overhead = HumanDuration(overhead);
        format!("{figures}; {overhead} ({share:.0}%) of the wall time is overhead")
    } else {
        figures
    }
}

fn is_term_of_bound(kind: BottleneckKind) -> bool {
    match kind {
        BottleneckKind::Latency
        | BottleneckKind::Concurrency
        | BottleneckKind::Straggler
        | BottleneckKind::ServerConcurrencyLimit
        | BottleneckKind::ServerRateLimit
        | BottleneckKind::Bandwidth
        | BottleneckKind::Retries => true,
        BottleneckKind::ClientCpu
        | BottleneckKind::ServerLateness
        | BottleneckKind::Overhead
        | BottleneckKind::Unknown => false,
    }
}

fn figures(analysis: &BottleneckAnalysis<'_>, kind: BottleneckKind) -> String {
    let (wall, bound) = (
        HumanDuration(analysis.run.wall),
        HumanDuration(analysis.bound),
    );
    let concurrency = analysis.run.concurrency;
    let longest = HumanDuration(analysis.critical_path());
    let median = HumanDuration(analysis.median_download_time);
    match kind {
        BottleneckKind::Latency => latency(analysis),
        BottleneckKind::Concurrency => format!(
            "at concurrency {concurrency} the lower bound is {bound}; {} {longest}, and the run took {wall}",
            if analysis.retries() > 0 {
                "the longest download with its retries and backoff takes"
            } else {
                "the longest delay is"
            },
        ),
        BottleneckKind::Straggler => format!(
            "the longest download takes {longest}, the median {median}: at concurrency {concurrency} the lower bound \
             is {bound}, and the run took {wall}",
        ),
        BottleneckKind::ServerConcurrencyLimit => {
            server_limit_evidence::concurrency_limit(analysis)
        }
        BottleneckKind::ServerRateLimit => server_limit_evidence::rate_limit(analysis),
        BottleneckKind::Bandwidth => format!(
            "body pacing makes up {} of the lower bound of {bound}, and the run took {wall}",
            HumanDuration(
                analysis
                    .terms
                    .map_or(Duration::ZERO, |terms| terms.includes_pacing)
            )
        ),
        BottleneckKind::Retries => format!(
            "failed attempts and backoff make up {} of the lower bound of {bound}, with {}; the run took {wall}",
            HumanDuration(
                analysis
                    .bound
                    .saturating_sub(analysis.bound_without_retries)
            ),
            if analysis.retries() == 1 {
                "1 retry".to_owned()
            } else {
                format!("{} retries", analysis.retries())
            }
        ),
        BottleneckKind::ClientCpu => format!(
            "the client used {} of CPU time on {}: per core {:.0}% of the wall time of {wall}",
            HumanDuration(analysis.run.cpu.unwrap_or_default()),
            plural(analysis.run.cores.max(1), "core"),
            percent(analysis.cpu_per_core, analysis.run.wall)
        ),
        BottleneckKind::ServerLateness => format!(
            "responses were later than planned: with the actual delays the lower bound is {}, not {bound}, and the \
             run took {wall}",
            HumanDuration(analysis.bound_with_actual_delays)
        ),
        BottleneckKind::Overhead | BottleneckKind::Unknown => no_explanation(analysis),
    }
}

fn latency(analysis: &BottleneckAnalysis<'_>) -> String {
    let (concurrency, requests) = (analysis.run.concurrency, analysis.run.records.len());
    let (wall, bound) = (
        HumanDuration(analysis.run.wall),
        HumanDuration(analysis.bound),
    );
    let longest = HumanDuration(analysis.critical_path());
    if requests == 1 {
        return format!("the only request takes at least {longest}, and the run took {wall}");
    }
    if concurrency == 1 {
        return format!(
            "1 connection waits for {requests} responses in sequence: their delays add up to {bound} of the {wall}"
        );
    }
    let parallel = if requests <= concurrency {
        format!("all {requests} requests run in parallel")
    } else {
        format!("at concurrency {concurrency} only the longest delay matters")
    };
    let median = HumanDuration(analysis.median_download_time);
    format!("{parallel}: the longest is {longest}, the median {median}, and the run took {wall}")
}

/// Why neither the lower bound nor the client's CPU time explains the wall time.
fn no_explanation(analysis: &BottleneckAnalysis<'_>) -> String {
    let bound = match analysis.terms {
        Some(_) if analysis.bound.is_zero() => "no response was delayed".to_owned(),
        Some(_) => format!("the lower bound is {}", HumanDuration(analysis.bound)),
        None if analysis.is_hedged() => {
            "there is no lower bound because the run was hedged".to_owned()
        }
        None if analysis.has_timing() => format!(
            "there is no lower bound: {} got no response head, so the planned delay is unknown",
            plural(analysis.unknown_delays(), "attempt")
        ),
        None => "the server does not report its delays".to_owned(),
    };
    let cpu = match analysis.run.cpu {
        Some(_) => format!(
            "the client's CPU time per core is {}",
            HumanDuration(analysis.cpu_per_core)
        ),
        None => "the client's CPU time is unknown".to_owned(),
    };
    let wall = HumanDuration(analysis.run.wall);
    format!("{bound} and {cpu}: neither explains half of the {wall}")
}
