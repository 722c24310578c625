//! What is said of a comparison as a whole, a line each, whatever the format.

use super::Comparison;
use super::columns::micros;

/// The floor, how many lanes are worth having, the baseline, and thresholds that were crossed.
pub(crate) fn remarks(comparison: &Comparison) -> Vec<String> {
    let floor = comparison.floor.iter().map(|floor| {
        let (p50, p99) = (micros(floor.p50_us), micros(floor.p99_us));
        let attempts = floor.attempts;
        format!(
            "the instrument's own floor (no delay, one lane, a request every 5 ms): p50 {p50}, p99 {p99} of {attempts} attempts"
        )
    });
    let knees = comparison.knees.iter();
    let knees =
        knees.map(|curve| format!("{}, {}: {}", curve.strategy, curve.conditions, curve.knee));
    let against = comparison.against.iter();
    let against = against.map(|one| format!("against the baseline: {}: {}", one.name, one.told));
    let crossed = comparison.crossed.iter();
    let crossed = crossed.map(|crossed| format!("threshold crossed: {crossed}"));
    floor.chain(knees).chain(against).chain(crossed).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::tests::comparison;
    use super::super::{BaselineRatio, ConcurrencyCurve, MeasurementOverhead};
    use super::*;
    use crate::comparison::concurrency_curve::{Point, knee};

    /// A comparison of which there is something of everything to say.
    pub(crate) fn remarkable() -> Comparison {
        let points =
            [(1, 10.0), (2, 20.0), (4, 20.1)].map(|(lanes, goodput)| Point { lanes, goodput });
        Comparison {
            floor: Some(MeasurementOverhead {
                p50_us: 90,
                p99_us: 200,
                attempts: 1000,
            }),
            knees: vec![ConcurrencyCurve {
                strategy: "async".into(),
                conditions: "latency 50ms".into(),
                knee: knee(&points).unwrap(),
                points: points.to_vec(),
            }],
            against: vec![BaselineRatio {
                name: "async".into(),
                ratio: None,
                told: "it met other fates then".into(),
            }],
            crossed: vec!["async.wall < 1s: it is 52 ms".into()],
            ..comparison()
        }
    }

    #[test]
    fn there_is_a_line_for_each() {
        let lines = remarks(&remarkable());
        let begins = [
            "the instrument's own floor (no delay, one lane, a request every 5 ms): p50 90.0 µs, p99 200 µs of 1000 attempts",
            "async, latency 50ms: ",
            "against the baseline: async: it met other fates then",
            "threshold crossed: async.wall < 1s: it is 52 ms",
        ];
        assert_eq!(lines.len(), begins.len());
        for (line, begin) in lines.iter().zip(begins) {
            assert!(line.starts_with(begin), "{line}");
        }
        assert!(remarks(&comparison()).is_empty());
    }
}
