//! Values that are written in TOML and JSON as on the command line: as a whole number where the text is a whole number,
//! otherwise as a string.

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

/// A value that is (de)serialised by `Display` and `FromStr`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TextOrNumber<T>(pub(crate) T);

impl<T: Display> Serialize for TextOrNumber<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_string();
        match text.parse() {
            Ok(number) => serializer.serialize_i64(number),
            Err(_) => serializer.serialize_str(&text),
        }
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for TextOrNumber<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = TextOrNumberVisitor(PhantomData);
        deserializer.deserialize_any(visitor).map(TextOrNumber)
    }
}

struct TextOrNumberVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for TextOrNumberVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}
