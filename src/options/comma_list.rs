//! Lists in TOML and JSON that are separated by commas on the command line.

use flagpole_protocol::TextOrNumber;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

/// A list. A single value, or a text with commas as on the command line, is a list too.
pub(crate) struct CommaList;

impl<T: Display> SerializeAs<Vec<T>> for CommaList {
    fn serialize_as<S: Serializer>(list: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        Vec::<TextOrNumber>::serialize_as(list, serializer)
    }
}

impl<'de, T: FromStr<Err: Display>> DeserializeAs<'de, Vec<T>> for CommaList {
    fn deserialize_as<D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: Display>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings or whole numbers")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        let parts = text.split(',');
        parts.map(|part| part.parse().map_err(E::custom)).collect()
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Vec<T>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
        Vec::<TextOrNumber>::deserialize_as(SeqAccessDeserializer::new(list))
    }
}
