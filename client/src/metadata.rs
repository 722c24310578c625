//! What the metadata of a flag says.

use crate::outcome::{Outcome, reason};
use serde::Deserialize;

/// The part of it that is asked for.
#[derive(Deserialize)]
struct Metadata {
    country: String,
}

/// The country that it names.
///
/// # Errors
/// [`Outcome::BadMetadata`] if it is no JSON, or names none. Its size was bounded when it arrived;
/// what is nested too deeply is refused by the parser.
pub(crate) fn country(body: &[u8]) -> Result<String, Outcome> {
    let metadata = serde_json::from_slice::<Metadata>(body);
    metadata
        .map(|metadata| metadata.country)
        .map_err(|error| Outcome::BadMetadata(reason(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
