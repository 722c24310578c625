//! The name of a country, from the metadata of its flag.

use flagpole_protocol::{CountryCode, Outcome, reason};
use serde::Deserialize;

/// The used fields of the metadata.
#[derive(Deserialize)]
struct CountryMetadata {
    country: String,
    /// Optional; if present, it must be the requested code.
    iso_cc: Option<String>,
}

/// The name of the country with this code.
///
/// # Errors
/// [`Outcome::BadMetadata`] if the body is not JSON, has no country or belongs to another code. The parser rejects deep
/// nesting; the size of the body was limited when the body arrived.
pub(crate) fn country_name(body: &[u8], code: CountryCode) -> Result<String, Outcome> {
    let metadata = serde_json::from_slice::<CountryMetadata>(body);
    let metadata = metadata.map_err(|error| Outcome::BadMetadata(reason(&error)))?;
    match metadata.iso_cc {
        Some(other) if !other.eq_ignore_ascii_case(&code.to_string()) => {
            let why = format!("expected the metadata of `{code}`, got that of `{other}`");
            Err(Outcome::BadMetadata(reason(&why)))
        }
        _ => Ok(metadata.country),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(body: &[u8]) -> Result<String, Outcome> {
        super::country_name(body, "BR".parse().unwrap())
    }

    #[test]
    fn metadata_must_match_the_code_if_it_has_one() {
        for iso_cc in ["\"BR\"", "\"br\"", "null"] {
            let body = format!(r#"{{"country": "Brazil", "iso_cc": {iso_cc}}}"#);
            assert_eq!(country(body.as_bytes()), Ok("Brazil".to_owned()));
        }
        assert_eq!(
            country(br#"{"country": "Brazil"}"#),
            Ok("Brazil".to_owned())
        );
        let other = country(br#"{"country": "Brazil", "iso_cc": "US"}"#).unwrap_err();
        assert_eq!(
            other.to_string(),
            "bad metadata: expected the metadata of `BR`, got that of `US`"
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let body = r#"{"iso_cc": "BR", "country": "Brazil", "population": [1, {"x": null}]}"#;
        assert_eq!(country(body.as_bytes()), Ok("Brazil".to_owned()));
    }

    #[test]
    fn malformed_metadata_is_rejected() {
        let deep = |open: &str| open.repeat(1_000_000);
        for bad in [
            "",
            "GIF89a",
            "{}",
            "[]",
            r#"{"country": 7}"#,
            r#"{"country": "Brazil""#,
            r#"{"country": "a", "country": "b"}"#,
            r#"{"country": "a", "iso_cc": 7}"#,
            r#"{"country": "a", "iso_cc": ""}"#,
            "{\"country\": \"\u{0}\"}",
            &deep("["),
            &format!("{{\"x\": {}", deep("[")),
            &format!("{{\"country\": {}", deep("{\"a\":")),
        ] {
            let outcome = country(bad.as_bytes());
            assert!(
                matches!(outcome, Err(Outcome::BadMetadata(_))),
                "{outcome:?}"
            );
        }
        assert!(country(b"{\"country\": \"\xff\"}").is_err());
    }

    #[test]
    fn reason_is_short_for_long_bodies() {
        let body = format!("\"{}\"", "\u{e9}".repeat(1_000_000));
        let Err(Outcome::BadMetadata(reason)) = country(body.as_bytes()) else {
            panic!("a string is no object");
        };
        assert!(reason.len() < 300, "{}", reason.len());
        let long = "x".repeat(1_000_000);
        let body = format!(r#"{{"country": "a", "iso_cc": "{long}"}}"#);
        let other = country(body.as_bytes()).unwrap_err();
        assert!(other.to_string().len() < 300);
    }
}
