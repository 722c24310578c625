//! What the metadata of a flag says.

use flagpole_protocol::CountryCode;
use flagpole_protocol::{Outcome, reason};
use serde::Deserialize;

/// The part of it that is asked for.
#[derive(Deserialize)]
struct CountryMetadata {
    country: String,
    /// The code of the country. Who leaves it out is believed, who names another one is not.
    iso_cc: Option<String>,
}

/// The country that it names, which is to be that of the code.
///
/// # Errors
/// [`Outcome::BadMetadata`] if it is no JSON, names none, or is that of another code. Its size was bounded
/// when it arrived; what is nested too deeply is refused by the parser.
pub(crate) fn country_name(body: &[u8], code: CountryCode) -> Result<String, Outcome> {
    let metadata = serde_json::from_slice::<CountryMetadata>(body);
    let metadata = metadata.map_err(|error| Outcome::BadMetadata(reason(&error)))?;
    match metadata.iso_cc {
        Some(other) if !other.eq_ignore_ascii_case(&code.to_string()) => {
            let why = format!("expected that of `{code}`, got that of `{other}`");
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
    fn only_metadata_of_the_code_or_of_none_is_taken() {
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
            "bad metadata: expected that of `BR`, got that of `US`"
        );
    }

    #[test]
    fn the_country_is_found_among_other_things() {
        let body = r#"{"iso_cc": "BR", "country": "Brazil", "population": [1, {"x": null}]}"#;
        assert_eq!(country(body.as_bytes()), Ok("Brazil".to_owned()));
    }

    #[test]
    fn whatever_else_it_is_there_is_a_reason() {
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
    fn the_reason_is_no_place_for_a_server_to_fill() {
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
