//! Values that are written in TOML and JSON as on the command line: as a whole number where the text is a whole number,
//! otherwise as a string.

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_with::de::DeserializeAsWrap;
use serde_with::ser::SerializeAsWrap;
use serde_with::{DeserializeAs, SerializeAs};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

/// A value that is (de)serialised by `Display` and `FromStr`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct TextOrNumber<T>(pub(crate) T);

/// The format of [`TextOrNumber`], for `serde_as`.
pub(crate) struct AsTextOrNumber;

impl<T: Display> Serialize for TextOrNumber<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AsTextOrNumber::serialize_as(&self.0, serializer)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for TextOrNumber<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AsTextOrNumber::deserialize_as(deserializer).map(TextOrNumber)
    }
}

impl<T: Display> SerializeAs<T> for AsTextOrNumber {
    fn serialize_as<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        let text = value.to_string();
        match text.parse() {
            Ok(number) => serializer.serialize_i64(number),
            Err(_) => serializer.serialize_str(&text),
        }
    }
}

impl<'de, T: FromStr<Err: Display>> DeserializeAs<'de, T> for AsTextOrNumber {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(TextOrNumberVisitor(PhantomData))
    }
}

/// A list; a text with commas is a list too, as on the command line.
pub(crate) struct CommaList;

impl<T: Display> SerializeAs<Vec<T>> for CommaList {
    fn serialize_as<S: Serializer>(list: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(SerializeAsWrap::<T, AsTextOrNumber>::new))
    }
}

impl<'de, T: FromStr<Err: Display>> DeserializeAs<'de, Vec<T>> for CommaList {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(CommaListVisitor(PhantomData))
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

struct CommaListVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: Display>> Visitor<'de> for CommaListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings or whole numbers")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        text.split(',')
            .map(|part| part.parse().map_err(E::custom))
            .collect()
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Vec<T>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element::<DeserializeAsWrap<T, AsTextOrNumber>>()? {
            values.push(value.into_inner());
        }
        Ok(values)
    }
}
