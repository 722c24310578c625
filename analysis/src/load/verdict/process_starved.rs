//! `process_starved`: a process reached much less than the others, compared with what each was asked for.

use super::process_names::named;
use crate::human::{grouped_rate, percent};
use crate::load::process_figures::ProcessFigures;
use crate::stats::median::lower_median;
use crate::validity::ValidityIssue;

/// The part of what the median process reached below which a process of a schedule is starved. A server that is too slow
/// slows all processes: `rate_not_reached` says so.
const OPEN_SHARE: f64 = 0.95;
/// The part for processes without a schedule: those on faster machines, or nearer to the server, make more requests.
const CLOSED_SHARE: f64 = 0.5;
/// The fewest requests that a process should have made for its share to be compared.
const MIN_REQUESTS: f64 = 100.0;

/// Suspect: the load was not spread as asked, and the figures are mostly those of the other processes.
pub(super) fn check(processes: &[ProcessFigures]) -> Option<ValidityIssue> {
    let mut starved = Vec::new();
    for process in processes {
        let peers = processes.iter().filter(|other| are_peers(process, other));
        let shares = peers.filter_map(reached).map(|(share, _)| share);
        let usual = lower_median(shares, f64::total_cmp);
        let limit = if process.asked_per_s.is_some() {
            OPEN_SHARE
        } else {
            CLOSED_SHARE
        };
        let below = reached(process)
            .zip(usual)
            .filter(|((share, unit), usual)| {
                *share < limit * usual && usual * unit >= MIN_REQUESTS
            });
        starved.extend(below.map(|((share, _), usual)| (process, share / usual)));
    }
    starved.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let (worst, share) = *starved.first()?;
    let names: Vec<_> = starved.iter().map(|(process, _)| *process).collect();
    let of = worst.asked_per_s.map_or_else(String::new, |asked| {
        format!(" of {}/s", grouped_rate(asked))
    });
    let message = format!(
        "{} reached less than the others: {} {}/s{of}, {} of the median process; see what slowed it: its processor, its \
         network, or another program",
        named(&names),
        worst.process,
        grouped_rate(worst.requests_per_s),
        percent(share)
    );
    Some(ValidityIssue::suspect("process_starved", message))
}

/// How much of what it was asked for a process reached, and how many requests a whole of that would be: of its schedule, of
/// its time with users, or of its time.
fn reached(process: &ProcessFigures) -> Option<(f64, f64)> {
    let seconds = process.window_us as f64 / 1e6;
    let ended = process.requests_per_s * seconds;
    let unit = match (process.asked_per_s, process.user_seconds) {
        (Some(asked), _) => asked * seconds,
        (None, Some(users)) => users,
        (None, None) => seconds,
    };
    (unit > 0.0).then(|| (ended / unit, unit))
}

/// Whether two processes were asked for comparable things.
fn are_peers(one: &ProcessFigures, other: &ProcessFigures) -> bool {
    one.user_classes == other.user_classes
        && one.asked_per_s.is_some() == other.asked_per_s.is_some()
}
