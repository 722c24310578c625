//! The value of a `Cache-Control` field as text: `max-age=60`.

use flagpole_protocol::spec::SpecError;
use http::HeaderValue;
use std::fmt;
use std::str::FromStr;

/// The value of the `Cache-Control` field of representations, such as `max-age=60`. Any printable ASCII: a test of a cache
/// may need directives that are unknown or malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheControl(HeaderValue);

impl CacheControl {
    pub(crate) fn field_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for CacheControl {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<CacheControl, SpecError> {
        let is_legal = |byte: u8| (b' '..=b'~').contains(&byte);
        let is_value = !text.is_empty() && text == text.trim() && text.bytes().all(is_legal);
        let value = is_value.then(|| HeaderValue::from_str(text).ok()).flatten();
        value.map(CacheControl).ok_or_else(|| {
            SpecError::expected("printable ASCII such as `max-age=60` or `no-store`", text)
        })
    }
}

impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.to_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_values_are_kept_and_other_texts_refused() {
        for text in ["max-age=60", "public, max-age=\"60\"", "x"] {
            let parsed: CacheControl = text.parse().unwrap();
            assert_eq!(parsed.to_string(), text);
        }
        for text in [
            "",
            " ",
            " x",
            "x ",
            "a\r\nb: c",
            "a\tb",
            "a\0",
            "\u{e4}",
            "\u{7f}",
        ] {
            assert!(text.parse::<CacheControl>().is_err(), "{text:?}");
        }
    }
}
