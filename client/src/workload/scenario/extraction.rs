//! Values that a step takes from its response.

use crate::workload::source::CapturedResponse;
use flagpole_protocol::{SpecError, reason};
use http::HeaderName;
use serde_json::Value;

/// Where a value is in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extraction {
    /// A string, number or boolean in a JSON document, by its pointer (RFC 6901).
    Json(String),
    /// A field; the first one of the name.
    Field(HeaderName),
}

impl Extraction {
    pub(super) fn from_pointer(pointer: &str) -> Result<Extraction, SpecError> {
        if pointer.is_empty() || pointer.starts_with('/') {
            return Ok(Extraction::Json(pointer.to_owned()));
        }
        let expected = "a JSON pointer such as `/token` (RFC 6901)";
        Err(SpecError::expected(expected, &reason(&pointer)))
    }

    pub(super) fn from_field(name: &str) -> Result<Extraction, SpecError> {
        let parsed = name.parse().map(Extraction::Field);
        let expected = "the name of a field, such as `x-session`";
        parsed.map_err(|_| SpecError::expected(expected, &reason(&name)))
    }

    /// The value; `document` is the content as JSON, parsed at most once for all values of a step.
    ///
    /// # Errors
    /// Why there is no value.
    pub(super) fn extract(
        &self,
        response: &CapturedResponse,
        document: &mut Option<Result<Value, String>>,
    ) -> Result<String, String> {
        match self {
            Extraction::Field(name) => {
                let value = response.fields.get(name);
                let value = value.ok_or_else(|| format!("the response has no field `{name}`"))?;
                let text = str::from_utf8(value.as_bytes());
                let text = text.map_err(|_| format!("the field `{name}` is not UTF-8"))?;
                Ok(text.to_owned())
            }
            Extraction::Json(pointer) => {
                let parse = || {
                    let parsed = serde_json::from_slice(&response.content);
                    parsed.map_err(|error| format!("the content is not JSON: {}", reason(&error)))
                };
                let document = document.get_or_insert_with(parse);
                let document = document.as_ref().map_err(String::clone)?;
                scalar(document.pointer(pointer)).ok_or_else(|| {
                    let kinds = "string, number or boolean";
                    format!("the content has no {kinds} at `{pointer}`")
                })
            }
        }
    }
}

fn scalar(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn extract(extraction: &Extraction, content: &str) -> Result<String, String> {
        let mut fields = HeaderMap::new();
        fields.insert("x-session", "s 1".parse().unwrap());
        let response = CapturedResponse {
            status: 200,
            fields,
            content: content.to_owned().into(),
        };
        extraction.extract(&response, &mut None)
    }

    #[test]
    fn scalars_are_found_by_pointer_and_fields_by_name() {
        let content = r#"{"a": ["x", 1.50, true, null, {}], "b/c": "é"}"#;
        for (pointer, value) in [
            ("/a/0", Ok("x")),
            ("/a/1", Ok("1.5")),
            ("/a/2", Ok("true")),
            ("/b~1c", Ok("é")),
            (
                "/a/3",
                Err("the content has no string, number or boolean at `/a/3`"),
            ),
            (
                "/a/4",
                Err("the content has no string, number or boolean at `/a/4`"),
            ),
            (
                "",
                Err("the content has no string, number or boolean at ``"),
            ),
        ] {
            let found = extract(&Extraction::from_pointer(pointer).unwrap(), content);
            assert_eq!(found.as_deref().map_err(String::as_str), value, "{pointer}");
        }
        let field = |name| extract(&Extraction::from_field(name).unwrap(), "");
        assert_eq!(field("X-Session").unwrap(), "s 1");
        assert_eq!(field("x-a").unwrap_err(), "the response has no field `x-a`");
    }

    #[test]
    fn content_that_is_not_json_has_no_values() {
        let error = extract(&Extraction::from_pointer("/a").unwrap(), "<html>").unwrap_err();
        assert!(
            error.starts_with("the content is not JSON: expected value"),
            "{error}"
        );
    }

    #[test]
    fn malformed_pointers_and_names_are_refused() {
        assert_eq!(
            Extraction::from_pointer("token").unwrap_err().to_string(),
            "expected a JSON pointer such as `/token` (RFC 6901), got `token`"
        );
        assert_eq!(
            Extraction::from_field("a b").unwrap_err().to_string(),
            "expected the name of a field, such as `x-session`, got `a b`"
        );
    }
}
