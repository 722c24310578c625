//! Values that stand in a profile as they stand on a command line: as text.

use crate::config::spec;
use crate::config::spec::DurationDisplay;
use crate::fate::{fault, latency};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    // A whole number may stand without quotes, where one is a value: a status, an n.
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// Reads a value from its text.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    deserializer.deserialize_any(Text(PhantomData))
}

/// Writes a value as its text.
pub(crate) fn serialize<S: Serializer, T: Display>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A value and its text.
struct Spelling<T>(T);

impl<'de, T: FromStr<Err: Display>> serde::Deserialize<'de> for Spelling<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Spelling)
    }
}

impl<T: Display> serde::Serialize for Spelling<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

/// Values that may be missing.
pub(crate) mod option {
    use super::{Deserializer, Display, FromStr, Serializer, Spelling};
    use serde::Serialize as _;

    pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        super::deserialize(deserializer).map(Some)
    }

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(crate) fn serialize<S: Serializer, T: Display>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Spelling).serialize(serializer)
    }
}

/// Lists of values.
pub(crate) mod list {
    use super::{Deserializer, Display, FromStr, Serializer, Spelling};
    use serde::Deserialize as _;

    pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        let list = Vec::<Spelling<T>>::deserialize(deserializer)?;
        Ok(list.into_iter().map(|spelling| spelling.0).collect())
    }

    pub(crate) fn serialize<S: Serializer, T: Display>(
        list: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(Spelling))
    }
}

/// Durations that may be missing.
pub(crate) mod duration {
    use super::{Deserializer, Duration, DurationDisplay, Serializer, Spelling, spec};
    use serde::Serialize as _;
    use serde::de::Error as _;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text: String = super::deserialize(deserializer)?;
        spec::duration(&text).map(Some).map_err(D::Error::custom)
    }

    #[expect(clippy::ref_option, reason = "the signature is serde's")]
    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value
            .map(|duration| Spelling(DurationDisplay(duration)))
            .serialize(serializer)
    }
}

/// Seeds: TOML's whole numbers end at 2^63 - 1, larger ones stand in quotes.
pub(crate) mod seed {
    use super::{Deserializer, Serializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(super::SeedVisitor)
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    pub(crate) fn serialize<S: Serializer>(seed: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(*seed) {
            Ok(seed) => serializer.serialize_i64(seed),
            Err(_) => serializer.collect_str(seed),
        }
    }
}

struct SeedVisitor;

impl Visitor<'_> for SeedVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0, in quotes above 2^63 - 1")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<u64, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
        let expected = || E::custom(format!("expected 0 to {}, got `{text}`", u64::MAX));
        text.parse().map_err(|_| expected())
    }
}

/// The schema of a text: what it says, and specifications to try.
fn schema(about: &str, examples: &[&str]) -> Schema {
    json_schema!({ "type": "string", "description": about, "examples": examples })
}

/// The schema of a text that may be a whole number, without quotes: a status, an n, a delay of 0.
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
        text_or_number("How long answers are delayed", &examples)
    };
    FaultText: {
        let examples: Vec<_> = fault::FAMILY.iter().map(|member| format!("{}@5%", member.example)).collect();
        let examples: Vec<_> = examples.iter().map(String::as_str).collect();
        text_or_number("A fault and its probability, 100% if absent", &examples)
    };
    RateText: schema("Requests and the time in which they are let in", &["100/s", "30/m"]);
    MethodText: schema("A method", &["GET", "HEAD"]);
    PathText: schema("A glob over paths", &["/flags/*/*.gif", "/flags/**"]);
    RequestNumberText: text_or_number("Request numbers, from 1", &["3..6", "3..=6", "3..", "..3", "3"]);
    DurationText: text_or_number("A duration", &["5s", "250ms"]);
    Seed: json_schema!({ "type": ["integer", "string"], "minimum": 0, "default": 0 });
}
