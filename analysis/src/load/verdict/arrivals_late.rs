//! `arrivals_late`: the client itself started requests late, by a part of the response times that matters.

use crate::human::{HumanDuration, percent};
use crate::load::figures::LoadFigures;
use crate::load::latency_figures::LoadPercentile;
use crate::validity::{Validity, ValidityIssue};

/// The part of a percentile of the response time above which the same percentile of the lateness is suspect: response
/// times count from when requests were due, so they are longer by as much at most.
const SUSPECT_SHARE: f64 = 0.1;
/// The part above which the figure is the client's own for the most part.
const INVALID_SHARE: f64 = 0.5;
/// A lateness up to this is not suspect, however short response times are. On a machine with two processors that a server
/// shares, a timer alone is 0.05 ms late at the median and 0.15 ms at the 99th percentile, and one time slice of another
/// thread is 1 ms or more.
const P50_FLOOR_US: f64 = 200.0;
const P99_FLOOR_US: f64 = 1_000.0;
/// Up to this many times the floor, a lateness is not invalid.
const INVALID_FLOORS: f64 = 5.0;

pub(super) fn check(figures: &LoadFigures) -> Option<ValidityIssue> {
    let (late, response) = (&figures.lateness, &figures.response_time);
    let median = compare("median", late.p50, response.p50, P50_FLOOR_US);
    let p99 = compare("p99", late.p99, response.p99, P99_FLOOR_US);
    let worst = [median, p99].into_iter().flatten();
    worst.max_by_key(|issue| issue.severity)
}

fn compare(
    name: &str,
    late: Option<LoadPercentile>,
    response: Option<LoadPercentile>,
    floor_us: f64,
) -> Option<ValidityIssue> {
    let (late, response) = (late?.us as f64, response?.us as f64);
    let is_above = |share: f64, floor: f64| late > floor.max(share * response);
    let severity = if is_above(INVALID_SHARE, INVALID_FLOORS * floor_us) {
        Validity::Invalid
    } else if is_above(SUSPECT_SHARE, floor_us) {
        Validity::Suspect
    } else {
        return None;
    };
    let message = format!(
        "the client started requests late: {name} lateness {}, {} of the {name} response time {}; lower the load, stop \
         other programs, or use a machine with more processors",
        HumanDuration::from_mean(late),
        percent(late / response.max(1.0)),
        HumanDuration::from_mean(response)
    );
    Some(ValidityIssue::new(severity, "arrivals_late", message))
}
