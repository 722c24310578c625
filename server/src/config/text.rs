//! How the values of a profile are written in TOML and in its JSON Schema: as on the command line, without quotes if the
//! text is a whole number.

use super::path_glob::PathGlob;
use super::rate_limit::RateLimit;
use super::request_number_range::RequestNumberRange;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use flagpole_protocol::spec::{self, DurationDisplay};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

/// A value that is (de)serialised by `Display` and `FromStr`.
pub(crate) struct TextOrNumber;

impl<T: Display> SerializeAs<T> for TextOrNumber {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let text = value.to_string();
        match text.parse() {
            Ok(number) => serializer.serialize_i64(number),
            Err(_) => serializer.serialize_str(&text),
        }
    }
}

impl<'de, T: FromStr<Err: Display>> DeserializeAs<'de, T> for TextOrNumber {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserialize(deserializer, str::parse)
    }
}

/// Parses the text of a string or of a whole number. An error of `parse` is located at the value.
fn deserialize<'de, D: Deserializer<'de>, T, E: Display>(
    deserializer: D,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    struct TextVisitor<P>(P);

    impl<P: Fn(&str) -> Result<T, E>, T, E: Display> Visitor<'_> for TextVisitor<P> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or a whole number")
        }

        fn visit_str<F: Error>(self, text: &str) -> Result<T, F> {
            self.0(text).map_err(F::custom)
        }

        fn visit_i64<F: Error>(self, number: i64) -> Result<T, F> {
            self.visit_str(&number.to_string())
        }
    }

    deserializer.deserialize_any(TextVisitor(parse))
}

/// Durations.
pub(crate) struct DurationText;

impl SerializeAs<Duration> for DurationText {
    fn serialize_as<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        TextOrNumber::serialize_as(&DurationDisplay(*value), serializer)
    }
}

impl<'de> DeserializeAs<'de, Duration> for DurationText {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        deserialize(deserializer, spec::duration)
    }
}

/// Seeds: above 2^63 - 1, the largest integer of TOML, they are strings.
pub(crate) struct Seed;

impl SerializeAs<u64> for Seed {
    fn serialize_as<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        TextOrNumber::serialize_as(seed, serializer)
    }
}

impl<'de> DeserializeAs<'de, u64> for Seed {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let expected = |text: &str| format!("expected 0 to {}, got `{text}`", u64::MAX);
        deserialize(deserializer, |text| {
            text.parse().map_err(|_| expected(text))
        })
    }
}

macro_rules! text_or_number {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                TextOrNumber::serialize_as(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                TextOrNumber::deserialize_as(deserializer)
            }
        }
    )*};
}

text_or_number!(Latency FaultSpec RateLimit PathGlob RequestNumberRange);

#[cfg(feature = "schema")]
mod schema {
    use super::{DurationText, FaultSpec, Latency, PathGlob, RateLimit, RequestNumberRange, Seed};
    use crate::fate::{fault, latency};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    /// The schema of a text, with examples.
    fn text(about: &str, examples: &[&str]) -> Schema {
        json_schema!({ "type": "string", "description": about, "examples": examples })
    }

    /// The schema of a text that may also be written as an integer, without quotes: a status as a fault, one request
    /// number, a delay of 0. Other integers match the schema too, but the parser refuses them, such as a delay without a
    /// unit.
    fn text_or_number(about: &str, examples: &[&str]) -> Schema {
        json_schema!({ "type": ["string", "integer"], "description": about, "examples": examples })
    }

    macro_rules! text_schema {
        ($($name:ident: $schema:expr;)*) => {$(
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
        Latency: {
            let examples: Vec<_> = latency::FAMILY.iter().map(|member| member.example).collect();
            text_or_number("The delay of responses", &examples)
        };
        FaultSpec: {
            let examples: Vec<_> = fault::FAMILY.iter().map(|member| format!("{}@5%", member.example)).collect();
            let examples: Vec<_> = examples.iter().map(String::as_str).collect();
            text_or_number("A fault, with a probability unless it is 100%", &examples)
        };
        RateLimit: text("A number of requests per second or minute", &["100/s", "30/m"]);
        PathGlob: text("A glob that paths must match", &["/flags/*/*.gif", "/flags/**"]);
        RequestNumberRange: text_or_number("Request numbers, from 1", &["3..6", "3..=6", "3..", "..3", "3"]);
        DurationText: text_or_number("A duration", &["5s", "250ms"]);
        // The field describes it.
        Seed: json_schema!({ "type": ["integer", "string"], "minimum": 0, "default": 0 });
    }
}
