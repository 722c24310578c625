//! `ports_short`, `descriptors_short`: the client could not open connections, because its machine had no local ports or
//! file descriptors left.

use crate::human::{grouped, visible_percent};
use crate::load::figures::{LoadFigures, share};
use crate::load::observed::ObservedLoad;
use crate::validity::{Validity, ValidityIssue};

/// The share of the attempts above which figures must not be used: their failures are not the server's. Below, they are
/// suspect.
const INVALID_SHARE: f64 = 0.01;

pub(super) fn check(observed: &ObservedLoad, figures: &LoadFigures) -> Vec<ValidityIssue> {
    let stats = &observed.stats;
    let ports = issue(
        "ports_short",
        "local ports",
        stats.out_of_ports,
        figures,
        "reuse connections (without `--no-keepalive`), or widen `net.ipv4.ip_local_port_range`",
    );
    let descriptors = issue(
        "descriptors_short",
        "file descriptors",
        stats.out_of_descriptors,
        figures,
        "raise the limit (`ulimit -n`), or lower `--concurrency` or `--max-in-flight`",
    );
    ports.into_iter().chain(descriptors).collect()
}

fn issue(
    label: &str,
    noun: &str,
    count: u64,
    figures: &LoadFigures,
    remedy: &str,
) -> Option<ValidityIssue> {
    let share = share(count, figures.attempts);
    let severity = match share {
        share if share > INVALID_SHARE => Validity::Invalid,
        _ => Validity::Suspect,
    };
    let message = format!(
        "the client ran out of {noun}: {} attempts ({}) failed for that; {remedy}",
        grouped(count),
        visible_percent(share)
    );
    (count > 0).then(|| ValidityIssue::new(severity, label, message))
}
