//! Any MessagePack value.

use rmp_serde::Deserializer;
use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Values that are nested deeper are refused. Those of a master have 4 levels.
const DEPTH_LIMIT: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MessageValue {
    Nil,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// Also text that is not UTF-8.
    Bytes(Vec<u8>),
    List(Vec<MessageValue>),
    Map(Vec<(MessageValue, MessageValue)>),
    /// A value of an extension type.
    Extension,
}

impl MessageValue {
    /// Decodes one value. What follows it is ignored.
    pub(crate) fn decode(bytes: &[u8]) -> Result<MessageValue, String> {
        let mut deserializer = Deserializer::from_read_ref(bytes);
        deserializer.set_max_depth(DEPTH_LIMIT);
        MessageValue::deserialize(&mut deserializer).map_err(|error| error.to_string())
    }

    /// The value of a key; `None` if this is not a map, or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&MessageValue> {
        let (_, value) = (self.entries()?.iter()).find(|(name, _)| name.as_text() == Some(key))?;
        Some(value)
    }

    pub(crate) fn entries(&self) -> Option<&[(MessageValue, MessageValue)]> {
        match self {
            MessageValue::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            MessageValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A finite number.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            MessageValue::Int(number) => Some(*number as f64),
            MessageValue::Float(number) => Some(*number).filter(|number| number.is_finite()),
            _ => None,
        }
    }

    /// A whole number that is not negative, also if it is written as a float.
    pub(crate) fn as_count(&self) -> Option<u64> {
        match self {
            MessageValue::Int(number) => u64::try_from(*number).ok(),
            // Written without a fraction, as `3`, if it has none.
            MessageValue::Float(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    /// What kind of value it is, for errors.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            MessageValue::Nil => "nil",
            MessageValue::Bool(_) => "a boolean",
            MessageValue::Int(_) | MessageValue::Float(_) => "a number",
            MessageValue::Text(_) => "a string",
            MessageValue::Bytes(_) => "bytes",
            MessageValue::List(_) => "an array",
            MessageValue::Map(_) => "a map",
            MessageValue::Extension => "an extension",
        }
    }
}

impl<'de> Deserialize<'de> for MessageValue {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<MessageValue, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = MessageValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a MessagePack value")
    }

    fn visit_unit<E>(self) -> Result<MessageValue, E> {
        Ok(MessageValue::Nil)
    }

    fn visit_none<E>(self) -> Result<MessageValue, E> {
        Ok(MessageValue::Nil)
    }

    fn visit_some<D: de::Deserializer<'de>>(self, inner: D) -> Result<MessageValue, D::Error> {
        MessageValue::deserialize(inner)
    }

    fn visit_bool<E>(self, value: bool) -> Result<MessageValue, E> {
        Ok(MessageValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<MessageValue, E> {
        Ok(MessageValue::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<MessageValue, E> {
        Ok(MessageValue::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<MessageValue, E> {
        Ok(MessageValue::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<MessageValue, E> {
        Ok(MessageValue::Text(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<MessageValue, E> {
        Ok(MessageValue::Bytes(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<MessageValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(MessageValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<MessageValue, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(MessageValue::Map(map))
    }

    /// An extension.
    fn visit_newtype_struct<D: de::Deserializer<'de>>(
        self,
        inner: D,
    ) -> Result<MessageValue, D::Error> {
        inner.deserialize_any(IgnoredAny)?;
        Ok(MessageValue::Extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_of_all_kinds_are_read() {
        // [nil, true, -1, 300, 1.5, "a", b"\xff", {1.5: 2}], by Python's msgpack.
        let bytes = b"\x98\xc0\xc3\xff\xcd\x01\x2c\xcb\x3f\xf8\0\0\0\0\0\0\xa1a\xc4\x01\xff\x81\xcb\x3f\xf8\0\0\0\0\0\0\x02";
        let expected = MessageValue::List(vec![
            MessageValue::Nil,
            MessageValue::Bool(true),
            MessageValue::Int(-1),
            MessageValue::Int(300),
            MessageValue::Float(1.5),
            MessageValue::Text("a".to_owned()),
            MessageValue::Bytes(vec![0xff]),
            MessageValue::Map(vec![(MessageValue::Float(1.5), MessageValue::Int(2))]),
        ]);
        assert_eq!(MessageValue::decode(bytes), Ok(expected));
    }

    #[test]
    fn deep_nesting_and_false_lengths_are_refused() {
        assert!(MessageValue::decode(&vec![0x91; 100_000]).is_err());
        assert!(MessageValue::decode(b"\xdd\xff\xff\xff\xff\x01").is_err());
        assert!(MessageValue::decode(b"\xdb\xff\xff\xff\xffa").is_err());
        assert!(MessageValue::decode(b"\xc1").is_err());
        assert!(MessageValue::decode(b"").is_err());
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let counts = [
            MessageValue::Float(3.0),
            MessageValue::Float(2.5),
            MessageValue::Float(f64::NAN),
            MessageValue::Float(-1.0),
            MessageValue::Int(-1),
        ];
        assert_eq!(
            counts.map(|value| value.as_count()),
            [Some(3), None, None, None, None]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = MessageValue::decode(&bytes);
        }
    }
}
