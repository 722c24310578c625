//! How the values of a profile are written in TOML and in its JSON Schema: as on the command line, without quotes if the
//! text is a whole number.

use super::accept_delay::AcceptDelay;
use super::bandwidth::Bandwidth;
use super::cache_control::CacheControl;
#[cfg(feature = "profiles")]
use super::path_glob::{PathGlob, ValueGlob};
use super::rate_limit::RateLimit;
use super::request_number_range::RequestNumberRange;
use super::time_window::TimeWindow;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{TextOrNumber, parse_text_or_number};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs};
use std::time::Duration;

/// Durations.
pub(crate) struct DurationText;

impl SerializeAs<Duration> for DurationText {
    fn serialize_as<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        TextOrNumber::serialize_as(&DurationDisplay(*value), serializer)
    }
}

impl<'de> DeserializeAs<'de, Duration> for DurationText {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        parse_text_or_number(deserializer, spec::duration)
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
        parse_text_or_number(deserializer, |text| {
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

text_or_number!(Latency FaultSpec RateLimit RequestNumberRange Bandwidth AcceptDelay TimeWindow CacheControl);
#[cfg(feature = "profiles")]
text_or_number!(PathGlob ValueGlob);

#[cfg(feature = "schema")]
mod schema {
    use super::{
        AcceptDelay, Bandwidth, CacheControl, DurationText, FaultSpec, Latency, PathGlob,
        RateLimit, RequestNumberRange, Seed, TimeWindow, ValueGlob,
    };
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
        CacheControl: text("The value of a field", &["max-age=60", "no-store"]);
        RateLimit: text("A number of requests per second or minute", &["100/s", "30/m"]);
        Bandwidth: text("Bytes per second", &["1MB/s", "64KiB/s"]);
        AcceptDelay: text_or_number("A delay, in a window of time unless it always applies", &["200ms", "1s@5s..8s"]);
        TimeWindow: text("A window of time after the start of the server", &["5s..8s", "20s.."]);
        PathGlob: text("A glob that paths must match", &["/flags/*/*.gif", "/flags/**"]);
        ValueGlob: text_or_number("A glob that values must match", &["image/*"]);
        RequestNumberRange: text_or_number("Request numbers, from 1", &["3..6", "3..=6", "3..", "..3", "3"]);
        DurationText: text_or_number("A duration", &["5s", "250ms"]);
        // The field describes it.
        Seed: json_schema!({ "type": ["integer", "string"], "minimum": 0, "default": 0 });
    }
}
