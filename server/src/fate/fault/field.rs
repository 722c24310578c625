//! A field in the specification of a fault: `Name:Value`.

use flagpole_protocol::SpecError;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};

/// The fields that the server sets itself, and the fault that changes them.
const REFUSED: [(HeaderName, &str); 4] = [
    (CONTENT_LENGTH, "; use the fault `content-length`"),
    (TRANSFER_ENCODING, "; use the fault `chunked`"),
    (CONNECTION, ""),
    (DATE, ""),
];

/// Parses `Name:Value`, with spaces around the value or without. The value is printable ASCII.
pub(super) fn parse(text: &str) -> Result<(HeaderName, HeaderValue), SpecError> {
    let malformed = || SpecError::expected("a field such as `X-Checksum:1`", text);
    let (name, value) = text.split_once(':').ok_or_else(malformed)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
    if let Some((_, remedy)) = REFUSED.iter().find(|refused| refused.0 == name) {
        let sentence = format!("the server sets the field `{name}` itself{remedy}");
        return Err(SpecError::rule(sentence));
    }
    // The label of a fault is sent in a quoted string of `Server-Timing` (RFC 9110 section 5.6.4).
    let is_safe = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    let value = Some(value.trim_matches(' ')).filter(|value| value.bytes().all(is_safe));
    let value = value.and_then(|value| HeaderValue::from_str(value).ok());
    Ok((name, value.ok_or_else(malformed)?))
}

/// Writes a field as [`parse`] reads it.
pub(super) fn text((name, value): &(HeaderName, HeaderValue)) -> String {
    format!("{name}:{}", value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_prints_back_with_a_lower_case_name() {
        for (spec, printed) in [
            ("X-Checksum:1", "x-checksum:1"),
            ("link: </a>; rel=b ", "link:</a>; rel=b"),
            ("x:", "x:"),
        ] {
            assert_eq!(text(&parse(spec).unwrap()), printed);
        }
    }

    #[test]
    fn a_malformed_field_is_rejected() {
        for got in ["", "x", ":1", "a b:1", "x:\"", "x:\r\ny:1", "x:ä"] {
            let sentence = format!("expected a field such as `X-Checksum:1`, got `{got}`");
            assert_eq!(parse(got).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn a_field_of_the_server_is_rejected() {
        let error = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("Content-Length:3"),
            "the server sets the field `content-length` itself; use the fault `content-length`"
        );
        assert_eq!(error("date:x"), "the server sets the field `date` itself");
    }
}
