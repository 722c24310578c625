//! The JSON Schema of values that are text in a profile, such as latencies and faults.

use crate::fate::{fault, latency};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// The schema of a text, with examples.
fn schema(about: &str, examples: &[&str]) -> Schema {
    json_schema!({ "type": "string", "description": about, "examples": examples })
}

/// The schema of a text that may also be written as an integer, without quotes: a status as a fault, one request number,
/// a delay of 0. Other integers match the schema too, but the parser refuses them, such as a delay without a unit.
fn text_or_number(about: &str, examples: &[&str]) -> Schema {
    json_schema!({ "type": ["string", "integer"], "description": about, "examples": examples })
}

macro_rules! text_schema {
    ($($name:ident: $schema:expr;)*) => {$(
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

text_schema! {
    LatencyText: {
        let examples: Vec<_> = latency::FAMILY.iter().map(|member| member.example).collect();
        text_or_number("The delay of responses", &examples)
    };
    FaultText: {
        let examples: Vec<_> = fault::FAMILY.iter().map(|member| format!("{}@5%", member.example)).collect();
        let examples: Vec<_> = examples.iter().map(String::as_str).collect();
        text_or_number("A fault, with a probability unless it is 100%", &examples)
    };
    RateText: schema("A number of requests per second or minute", &["100/s", "30/m"]);
    MethodText: schema("A method, GET or HEAD", &["GET", "HEAD"]);
    PathText: schema("A glob that paths must match", &["/flags/*/*.gif", "/flags/**"]);
    RequestNumberText: text_or_number("Request numbers, from 1", &["3..6", "3..=6", "3..", "..3", "3"]);
    DurationText: text_or_number("A duration", &["5s", "250ms"]);
    // A seed above 2^63 - 1, the largest integer of TOML, is a string. The field that has it describes it.
    Seed: json_schema!({ "type": ["integer", "string"], "minimum": 0, "default": 0 });
}
