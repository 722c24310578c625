//! `json`: one document. Durations are whole microseconds, in fields that end in `_us`.

use super::{Comparison, Report};
use serde::Serialize;
use std::io::{self, Write};

/// Changes when a field is removed or changes its meaning; not when one is added.
const SCHEMA: u32 = 1;

/// The format.
#[derive(Debug)]
pub struct Json;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

impl Report for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            comparison,
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::comparison::tests::run;
    use serde_json::Value;

    #[test]
    fn a_machine_finds_what_it_looks_for() {
        let runs = [run("sequential", 100, Some(100)), run("async", 51, None)];
        let conditions = vec![("latency".to_owned(), "50ms".to_owned())];
        let mut text = Vec::new();
        Json.write(&Comparison::of(conditions, &runs), &mut text)
            .unwrap();
        let json: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["schema"], 1);
        assert_eq!(json["conditions"]["latency"], "50ms");
        assert_eq!(json["rows"][0]["wall_us"]["median"], 100_000);
        assert_eq!(json["rows"][0]["bound_us"], 100_000);
        assert_eq!(json["rows"][1]["bound_us"], Value::Null);
        assert_eq!(json["rows"][1]["from_due_us"]["p50"], 50_000);
        assert_eq!(json["rows"][1]["failures"][0]["outcome"], "http_500");
    }
}
