//! What thresholds need of a baseline, checked before the run.

use anyhow::{Result, anyhow};
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::comparison::threshold::Threshold;
use std::collections::BTreeSet;

/// Why latencies of schema 3 are not compared with those of now.
pub(super) const OTHER_LATENCIES: &str =
    "those of the baseline, of schema 3, are of attempts and mix failures with successes";

/// Checks that there is a baseline if a threshold needs one, and that it has what the threshold needs of it.
pub(crate) fn check(thresholds: &[Threshold], baseline: Option<&Comparison>) -> Result<()> {
    for threshold in thresholds.iter().filter(|one| one.needs_baseline()) {
        let missing = match baseline {
            Some(baseline) => missing(threshold, baseline),
            None => Some("needs --baseline".to_owned()),
        };
        if let Some(missing) = missing {
            return Err(anyhow!("--fail-if: `{threshold}`: {missing}"));
        }
    }
    Ok(())
}

fn missing(threshold: &Threshold, baseline: &Comparison) -> Option<String> {
    let name = &threshold.name;
    let strategies = baseline.cells.iter().flat_map(|cell| &cell.strategies);
    let of_name = strategies.clone().filter(|one| one.name == *name);
    let Some(rounds) = of_name.map(|one| one.rounds.len()).max() else {
        let known: BTreeSet<_> = strategies.map(|one| one.name.as_str()).collect();
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Some(format!(
            "the baseline has no strategy `{name}`; it has {known}"
        ));
    };
    if threshold.is_about_latency() && !baseline.has_download_times() {
        return Some(format!(
            "latencies cannot be compared: {OTHER_LATENCIES}; measure it again"
        ));
    }
    let required = threshold.required_rounds();
    (rounds < required).then(|| {
        format!("an interval needs {required} rounds of the baseline, which has {rounds}; measure it again")
    })
}
