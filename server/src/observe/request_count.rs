//! An expected number of requests: `2`, or from a minimum to a maximum.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};

/// A range of numbers of requests; at least 1 unless chosen otherwise.
///
/// ```
/// use flagpole_server::RequestCount;
///
/// for (count, text) in [
///     (RequestCount::from(2), "2 requests"),
///     (RequestCount::from(1..), "at least 1 request"),
///     (RequestCount::from(1..=3), "1 to 3 requests"),
/// ] {
///     assert_eq!(count.to_string(), text);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// The least number.
    pub min: u64,
    /// The largest number; `None` if there is none.
    pub max: Option<u64>,
}

/// The form that is not a number.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    #[serde(default)]
    min: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u64>,
}

impl RequestCount {
    /// Whether a number is in the range.
    pub fn contains(self, count: u64) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

impl Default for RequestCount {
    fn default() -> RequestCount {
        RequestCount::from(1..)
    }
}

impl From<u64> for RequestCount {
    fn from(count: u64) -> RequestCount {
        RequestCount {
            min: count,
            max: Some(count),
        }
    }
}

impl From<RangeFrom<u64>> for RequestCount {
    fn from(range: RangeFrom<u64>) -> RequestCount {
        RequestCount {
            min: range.start,
            max: None,
        }
    }
}

impl From<RangeInclusive<u64>> for RequestCount {
    fn from(range: RangeInclusive<u64>) -> RequestCount {
        let (min, max) = range.into_inner();
        let max = Some(max);
        RequestCount { min, max }
    }
}

impl fmt::Display for RequestCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        match (self.min, self.max) {
            (min, None) => write!(f, "at least {min} request{}", plural(min)),
            (min, Some(max)) if min == max => write!(f, "{min} request{}", plural(min)),
            (0, Some(max)) => write!(f, "at most {max} request{}", plural(max)),
            (min, Some(max)) => write!(f, "{min} to {max} requests"),
        }
    }
}

impl Serialize for RequestCount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RequestCount { min, max } = *self;
        if max == Some(min) {
            return serializer.serialize_u64(min);
        }
        Bounds { min, max }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RequestCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RequestCount, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = RequestCount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0, or a table with `min` and `max`")
    }

    fn visit_u64<E: Error>(self, count: u64) -> Result<RequestCount, E> {
        Ok(count.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RequestCount, A::Error> {
        let Bounds { min, max } = Bounds::deserialize(MapAccessDeserializer::new(map))?;
        if let Some(max) = max.filter(|&max| max < min) {
            return Err(A::Error::custom(format!(
                "max: expected at least {min}, which is `min`, got `{max}`"
            )));
        }
        Ok(RequestCount { min, max })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RequestCount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RequestCount".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let number = || serde_json::json!({ "type": "integer", "minimum": 0 });
        schemars::json_schema!({
            "description": "A number of requests, or the least and the largest number",
            "examples": [2, { "min": 1, "max": 3 }],
            "oneOf": [
                number(),
                {
                    "type": "object",
                    "properties": { "min": number(), "max": number() },
                    "additionalProperties": false
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_sentences() {
        for (count, text) in [
            (RequestCount::from(1), "1 request"),
            (RequestCount::from(0), "0 requests"),
            (RequestCount::from(1..), "at least 1 request"),
            (RequestCount::from(0..=1), "at most 1 request"),
            (RequestCount::from(1..=3), "1 to 3 requests"),
        ] {
            assert_eq!(count.to_string(), text);
        }
    }

    #[test]
    fn counts_are_numbers_or_bounds() {
        let parse = serde_json::from_str::<RequestCount>;
        for (json, count) in [
            ("2", RequestCount::from(2)),
            (r#"{"min":1}"#, RequestCount::from(1..)),
            (r#"{"min":1,"max":3}"#, RequestCount::from(1..=3)),
        ] {
            assert_eq!(parse(json).unwrap(), count);
            assert_eq!(serde_json::to_string(&count).unwrap(), json);
        }
        assert_eq!(parse(r#"{"max":3}"#).unwrap(), RequestCount::from(0..=3));
        for json in [
            "-1",
            "1.5",
            "\"2\"",
            "[1]",
            r#"{"min":3,"max":1}"#,
            r#"{"most":1}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
