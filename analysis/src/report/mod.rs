//! What `compare` says: rows as plain data, and the formats in which they are written.
//!
//! A family: one format a file, and one list.

mod attempt;
mod columns;
mod comparison;
pub mod csv;
mod figures;
pub mod json;
pub mod markdown;
mod notes;
mod resource_usage;
mod row;
pub mod text;
pub mod timeline;

pub use attempt::Attempt;
pub use comparison::{
    BaselineRatio, Cell, Comparison, ConcurrencyCurve, Environment, MeasurementOverhead, SCHEMA,
    Served, ValidityIssue, ValidityReport,
};
pub use figures::{Percentiles, Point, Spread};
pub use resource_usage::ResourceUsage;
pub use row::{BottleneckView, Failure, Ratio, Round, StrategyResult, Trial, representative};

use std::io::{self, Write};

/// A format.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a comparison.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format; the first is the default.
pub const ALL: &[&dyn Report] = &[&text::Text, &json::Json, &markdown::Markdown, &csv::Csv];

/// There is no such format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`; known: {known}", known = known())]
pub struct UnknownFormat(String);

/// The format of this name.
///
/// # Errors
/// If there is none; the error lists those that there are.
pub fn by_name(name: &str) -> Result<&'static dyn Report, UnknownFormat> {
    let named = ALL.iter().find(|report| report.name() == name);
    named.copied().ok_or_else(|| UnknownFormat(name.to_owned()))
}

fn known() -> String {
    let mut names: Vec<_> = ALL.iter().map(|report| report.name()).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::terms::BoundTerms;
    use crate::test_runs::record;
    use flagpole_protocol::MeasuredRun;
    use flagpole_protocol::Outcome;
    use flagpole_protocol::RunStats;
    use std::time::Duration;

    /// A run that took so many milliseconds, for two downloads, one of which met a 500.
    fn trial(strategy: &'static str, round: usize, wall: u64, bound: u64) -> Trial {
        let records = vec![
            record(50, Outcome::Ok, None),
            record(51, Outcome::Http(500), None),
        ];
        let mut tally = RunStats::default();
        for record in &records {
            tally.record(record);
        }
        let cost = ResourceUsage {
            cpu_user_us: 2000,
            cpu_system_us: 1000,
            memory_kib: 8192,
            threads: 1,
            switches_voluntary: 20,
            switches_involuntary: 0,
        };
        let measured = MeasuredRun {
            strategy,
            concurrency: if strategy == "async" { 2 } else { 1 },
            wall: Duration::from_millis(wall),
            stats: tally,
            records,
            timeout: None,
        };
        let terms = BoundTerms {
            critical_path: Duration::from_millis(bound),
            ..BoundTerms::default()
        };
        Trial {
            terms: Some(terms),
            served: None,
            round,
            place: 1,
            measured,
            cost,
        }
    }

    /// Two strategies, one round.
    pub(crate) fn comparison() -> Comparison {
        let row = |strategy, wall, bound| {
            StrategyResult::of(strategy, &[&trial(strategy, 1, wall, bound)]).unwrap()
        };
        Comparison {
            schema: SCHEMA,
            experiment: serde_json::json!({}),
            environment: Environment::default(),
            floor: None,
            cells: vec![Cell {
                conditions: vec![("latency".into(), "50ms".into())],
                rounds: 1,
                order: Vec::new(),
                rows: vec![row("sequential", 1030, 1000), row("async", 52, 50)],
                server: None,
                verdict: ValidityReport {
                    validity: "VALID".into(),
                    reasons: Vec::new(),
                },
            }],
            knees: Vec::new(),
            crossed: Vec::new(),
            against: Vec::new(),
        }
    }

    #[test]
    fn a_format_is_found_by_its_name_or_the_known_ones_are_listed() {
        for report in ALL {
            assert_eq!(by_name(report.name()).unwrap().name(), report.name());
        }
        let error = by_name("xml").err().unwrap().to_string();
        assert_eq!(
            error,
            "unknown format `xml`; known: csv, json, markdown, text"
        );
    }

    #[test]
    fn rounds_of_one_strategy_become_one_row_of_medians() {
        let trials =
            [(1, 55), (2, 50), (3, 500)].map(|(round, wall)| trial("async", round, wall, 50));
        let row = StrategyResult::of("async", &trials.each_ref()).unwrap();
        assert_eq!(
            row.wall_us,
            Spread {
                median: 55_000,
                min: 50_000,
                max: 500_000
            }
        );
        assert!((row.efficiency.unwrap() - 50.0 / 55.0).abs() < 1e-9);
        assert_eq!((row.bound_us, row.median_round), (Some(50_000), 1));
        assert_eq!((row.ok, row.not_found, row.error), (3, 0, 3));
        assert_eq!(row.failures[0].reason, "500 Internal Server Error");
        assert_eq!(row.from_due_us.p99, Some(51_000));
        assert_eq!(row.attempts_of_median.len(), 2);
        assert_eq!(row.rounds.len(), 3);
    }

    #[test]
    fn a_machine_finds_what_it_looks_for() {
        let json = serde_json::to_value(comparison()).unwrap();
        assert_eq!(json["schema"], 2);
        let cell = &json["cells"][0];
        assert_eq!(cell["conditions"]["latency"], "50ms");
        let row = &cell["rows"][0];
        assert_eq!(row["wall_us"]["median"], 1_030_000);
        assert_eq!(row["bound_us"], 1_000_000);
        assert_eq!(row["failures"][0]["outcome"], "http_500");
        assert_eq!(row["attempts_of_median"][0]["resource"], "/flags/br/br.gif");
    }
}
