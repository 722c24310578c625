//! Reads and writes values that have the same text in a profile as on the command line.

use flagpole_protocol::spec::{self, DurationDisplay};
use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    // A whole number needs no quotes: a status, a request number, a delay of 0.
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// Parses a value from its text.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    deserializer.deserialize_any(TextVisitor(PhantomData))
}

/// Writes a value as its text.
pub(crate) fn serialize<S: Serializer, T: Display>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A value that is text in a profile.
struct AsText<T>(T);

impl<'de, T: FromStr<Err: Display>> serde::Deserialize<'de> for AsText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(AsText)
    }
}

impl<T: Display> serde::Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

/// Optional values.
pub(crate) mod option {
    use super::{AsText, Deserializer, Display, FromStr, Serializer};
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
        value.as_ref().map(AsText).serialize(serializer)
    }
}

/// Lists of values.
pub(crate) mod list {
    use super::{AsText, Deserializer, Display, FromStr, Serializer};
    use serde::Deserialize as _;

    pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: FromStr<Err: Display>,
    {
        let list = Vec::<AsText<T>>::deserialize(deserializer)?;
        Ok(list.into_iter().map(|text| text.0).collect())
    }

    pub(crate) fn serialize<S: Serializer, T: Display>(
        list: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(AsText))
    }
}

/// Optional durations.
pub(crate) mod duration {
    use super::{AsText, Deserializer, Duration, DurationDisplay, Serializer, spec};
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
            .map(|duration| AsText(DurationDisplay(duration)))
            .serialize(serializer)
    }
}

/// Seeds: above 2^63 - 1, the largest integer of TOML, they are strings.
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
