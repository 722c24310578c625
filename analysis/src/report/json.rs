//! `json`: the result document. Durations are whole microseconds, in fields that end in `_us`.

use super::format::Report;
use crate::comparison::Comparison;
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct JsonReport;

impl Report for JsonReport {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, comparison)?;
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::test_comparison::comparison;

    #[test]
    fn document_has_the_keys_of_its_schema() {
        let mut text = Vec::new();
        JsonReport.write(&comparison(), &mut text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["schema"], 3);
        let cell = &json["cells"][0];
        assert_eq!(cell["conditions"]["latency"], "50ms");
        assert_eq!(cell["verdict"]["validity"], "VALID");
        let strategy = &cell["strategies"][0];
        assert_eq!(strategy["wall_us"]["median"], 1_030_000);
        assert_eq!(strategy["bound_us"], 1_000_000);
        assert_eq!(strategy["failures"][0]["outcome"], "http_500");
        let attempt = &strategy["median_round_attempts"][0];
        assert_eq!(attempt["resource"], "/flags/br/br.gif");
    }
}
