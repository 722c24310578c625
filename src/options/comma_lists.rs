//! Lists that are separated by commas on the command line.

use flagpole_protocol::{SpecError, TextOrNumber};
use flagpole_server::Latency;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde_with::{DeserializeAs, SerializeAs};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

/// The latencies in a text such as `10ms,lognormal:p50=5ms,p99=20ms`. The text of a latency may contain commas too, so
/// each latency takes as many of the parts between commas as possible, beginning with the first latency.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LatencyList(pub(crate) Vec<Latency>);

impl FromStr for LatencyList {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<LatencyList, SpecError> {
        let parts: Vec<&str> = text.split(',').collect();
        if let Some(latencies) = split(&parts) {
            return Ok(LatencyList(latencies));
        }
        // The error is about the first part that cannot be parsed.
        let bad = parts.iter().find_map(|part| part.parse::<Latency>().err());
        let whole = text.parse::<Latency>();
        Err(match (whole, bad) {
            (Err(error), _) if parts.len() == 1 || text.contains(':') => error,
            (_, Some(error)) => error,
            (whole, None) => return whole.map(|latency| LatencyList(vec![latency])),
        })
    }
}

/// The latencies that the parts make up; `None` if some parts belong to no latency.
fn split(parts: &[&str]) -> Option<Vec<Latency>> {
    if parts.is_empty() {
        return Some(Vec::new());
    }
    (1..=parts.len()).rev().find_map(|length| {
        let (first, rest) = parts.split_at(length);
        let first = first.join(",").parse().ok()?;
        Some([vec![first], split(rest)?].concat())
    })
}

/// A list in TOML or JSON. A single value, or a text with commas as on the command line, is a list too.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let latencies = text.parse::<LatencyList>().unwrap().0;
        latencies.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn comma_separates_latencies_except_within_one() {
        assert_eq!(texts("10ms,50ms,200ms"), ["10ms", "50ms", "200ms"]);
        assert_eq!(
            texts("10ms,lognormal:p50=5ms,p99=20ms,uniform:1ms..2ms"),
            ["10ms", "lognormal:p50=5ms,p99=20ms", "uniform:1ms..2ms"]
        );
        assert_eq!(
            texts("uniform:1ms..9ms,max=5ms"),
            ["uniform:1ms..9ms,max=5ms"]
        );
    }

    #[test]
    fn error_names_the_part_that_cannot_be_parsed() {
        let error = |text: &str| text.parse::<LatencyList>().unwrap_err().to_string();
        assert!(error("10ms,soon").ends_with("got `soon`"));
        assert!(error("lognormal:p50=5ms").ends_with("got `p50=5ms`"));
    }
}
