//! Notes on a comparison as a whole, one line each, whatever the format.

use super::table_content::micros;
use crate::comparison::Comparison;

/// The measurement overhead, the knees, the baseline and the crossed thresholds.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let overhead = comparison.measurement_overhead.iter().map(|overhead| {
        format!(
            "Measurement overhead (no delay, concurrency 1, a request every 5 ms): p50 {}, p99 {} over {} requests",
            micros(overhead.p50_us),
            micros(overhead.p99_us),
            overhead.attempts
        )
    });
    let curves = comparison.concurrency_curves.iter();
    let knees =
        curves.map(|curve| format!("{}, {}: {}", curve.strategy, curve.conditions, curve.knee));
    let baseline = comparison.baseline.iter();
    let baseline = baseline.map(|one| format!("Baseline: {}: {}", one.name, one.message));
    let crossed = comparison.crossed_thresholds.iter();
    let crossed = crossed.map(|crossed| format!("Threshold crossed: {crossed}"));
    overhead
        .chain(knees)
        .chain(baseline)
        .chain(crossed)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::test_comparison::{comparison, comparison_with_notes};

    #[test]
    fn every_note_is_a_line() {
        let lines = notes(&comparison_with_notes());
        let starts = [
            "Measurement overhead (no delay, concurrency 1, a request every 5 ms): p50 90.0 µs, p99 200 µs over 1000 requests",
            "async, latency 50ms: knee at concurrency 2",
            "Baseline: async: different fates in the baseline",
            "Threshold crossed: async.wall < 1s: measured 52 ms",
        ];
        assert_eq!(lines.len(), starts.len());
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
        assert!(notes(&comparison()).is_empty());
    }
}
