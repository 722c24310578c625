//! Values that are written in TOML and JSON as on the command line: as a whole number where the text is a whole number,
//! otherwise as a string.

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};
use std::fmt::{self, Display};
use std::str::FromStr;

/// A value that is (de)serialised by `Display` and `FromStr`, for `serde_with::serde_as`.
#[derive(Clone, Copy, Debug)]
pub struct TextOrNumber;

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
        parse_text_or_number(deserializer, str::parse)
    }
}

/// Parses the text of a string or of a whole number.
///
/// # Errors
/// If it is neither, or if `parse` fails; the error is located at the value.
pub fn parse_text_or_number<'de, D: Deserializer<'de>, T, E: Display>(
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

        fn visit_u64<F: Error>(self, number: u64) -> Result<T, F> {
            self.visit_str(&number.to_string())
        }
    }

    deserializer.deserialize_any(TextVisitor(parse))
}
