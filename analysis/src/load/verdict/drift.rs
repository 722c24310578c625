//! `drift`: response times rise or fall over a run of constant load, so that its figures depend on its length.

use crate::human::percent;
use crate::load::observed::ObservedLoad;
use crate::stats::Trend;
use crate::validity::ValidityIssue;

/// The fewest seconds with a median: with fewer, the test has no power at its level.
const MIN_SECONDS: usize = 10;
/// The significance level. The medians of seconds that follow each other depend on each other, so that the test finds more
/// trends than it says; hence a strict level and a minimum change.
const P: f64 = 0.001;
/// The smallest change that matters. Medians of one run vary by up to 10% on a machine that others use as well.
const MIN_CHANGE: f64 = 0.2;

pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    if !observed.asked.model.is_constant() {
        return None;
    }
    let medians = observed.seconds.iter().filter_map(|second| second.p50_us);
    let medians: Vec<f64> = medians.map(|us| us as f64).collect();
    let Trend { p, change } = Trend::from_values(&medians)?;
    let is_drift = medians.len() >= MIN_SECONDS && p < P && change.abs() >= MIN_CHANGE;
    let (verb, remedy) = if change > 0.0 {
        ("rose", "see what grows in the server, or lower the load")
    } else {
        ("fell", "leave out the start by `--warm-up`")
    };
    let message = format!(
        "response times {verb} by {} from the first to the last third of the run (medians of the seconds, p = {p:.0e}, \
         Mann-Kendall test); {remedy}",
        percent(change.abs())
    );
    is_drift.then(|| ValidityIssue::suspect("drift", message))
}
