//! The figures that support a bottleneck, as sentences.

use super::analysis::BottleneckAnalysis;
use super::kind::BottleneckKind;
use super::phrase::{percent, plural};
use super::server_limit_evidence;
use crate::human_duration::HumanDuration;
use std::time::Duration;

/// The percentage of the wall time above which the unexplained part is mentioned.
const OVERHEAD_PERCENT: f64 = 10.0;

/// Why this is the bottleneck.
pub(super) fn sentence(analysis: &BottleneckAnalysis<'_>, kind: BottleneckKind) -> String {
    let figures = figures(analysis, kind);
    let rest = analysis.run.wall.saturating_sub(analysis.bound);
    let share = percent(rest, analysis.run.wall);
    if is_term_of_bound(kind) && !analysis.bound.is_zero() && share >= OVERHEAD_PERCENT {
        let rest = HumanDuration(rest);
        format!("{figures}; {rest} ({share:.0}%) of it is overhead")
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
    let median = HumanDuration(analysis.median_download);
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
            "the client used {} of CPU time on {}, {:.0}% of the wall time of {wall}",
            HumanDuration(analysis.run.cpu.unwrap_or_default()),
            plural(analysis.run.cores.max(1), "core"),
            percent(analysis.cpu, analysis.run.wall)
        ),
        BottleneckKind::ServerLateness => format!(
            "responses were later than planned: with the actual delays the lower bound is {}, not {bound}, and the \
             run took {wall}",
            HumanDuration(analysis.bound_with_actual_delays)
        ),
        BottleneckKind::Overhead | BottleneckKind::Unknown => unexplained(analysis),
    }
}

fn latency(analysis: &BottleneckAnalysis<'_>) -> String {
    let (concurrency, requests) = (analysis.run.concurrency, analysis.run.records.len());
    let (wall, bound) = (
        HumanDuration(analysis.run.wall),
        HumanDuration(analysis.bound),
    );
    if concurrency == 1 {
        return format!(
            "1 connection waits for {} in sequence: their delays add up to {bound} of the {wall}",
            plural(requests, "response")
        );
    }
    let parallel = if requests <= concurrency {
        format!("all {requests} requests run in parallel")
    } else {
        format!("at concurrency {concurrency} only the longest delay matters")
    };
    let longest = HumanDuration(analysis.critical_path());
    let median = HumanDuration(analysis.median_download);
    format!("{parallel}: the longest is {longest}, the median {median}, and the run took {wall}")
}

fn unexplained(analysis: &BottleneckAnalysis<'_>) -> String {
    let bound = match analysis.terms {
        Some(_) if analysis.bound.is_zero() => "no response was delayed".to_owned(),
        Some(_) => format!("the lower bound is {}", HumanDuration(analysis.bound)),
        None if analysis.is_hedged() => {
            "there is no lower bound because the run was hedged".to_owned()
        }
        None if analysis.has_timing() => format!(
            "there is no lower bound because the planned delay of {} without a response head is unknown",
            plural(analysis.unknown_delays(), "attempt")
        ),
        None => "the server does not report its delays".to_owned(),
    };
    let cpu = match analysis.run.cpu {
        Some(_) => format!("the client's CPU time is {}", HumanDuration(analysis.cpu)),
        None => "the client's CPU time is unknown".to_owned(),
    };
    let wall = HumanDuration(analysis.run.wall);
    format!("{bound} and {cpu}: neither explains half of the {wall}")
}
