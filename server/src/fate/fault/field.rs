//! A field in the specification of a fault: `Name:Value`.

use super::member::FaultParameters;
use super::quoting::quote;
use flagpole_protocol::SpecError;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};

/// The maximum number of fields of a fault.
const MAX_FIELDS: usize = 100;

/// The fields that the server sets itself, and the fault that changes them.
const REFUSED: [(HeaderName, &str); 5] = [
    (CONTENT_LENGTH, "; use the fault `content-length`"),
    (TRANSFER_ENCODING, "; use the fault `chunked`"),
    (CONNECTION, ""),
    (DATE, ""),
    (HeaderName::from_static("server-timing"), ""),
];

/// Takes the values of all parameters `name=Name:Value`, in their order.
pub(super) fn take_all(
    parameters: &mut FaultParameters<'_>,
    name: &'static str,
) -> Result<Vec<(HeaderName, HeaderValue)>, SpecError> {
    let mut fields = Vec::new();
    while let Some(text) = parameters.named_text(name)? {
        fields.push(parse(&text).map_err(|error| error.within(name))?);
    }
    if fields.len() > MAX_FIELDS {
        let rule = format!("expected at most {MAX_FIELDS} fields");
        return Err(SpecError::violation(&rule, &fields.len().to_string()).within(name));
    }
    Ok(fields)
}

/// Parses `Name:Value`, with white space around the value or without.
fn parse(text: &str) -> Result<(HeaderName, HeaderValue), SpecError> {
    let got = text.escape_debug().to_string();
    let malformed = || SpecError::expected("a field such as `X-Checksum:1`", &got);
    let (name, value) = text.split_once(':').ok_or_else(malformed)?;
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
    if let Some((_, remedy)) = REFUSED.iter().find(|refused| refused.0 == name) {
        let sentence = format!("the server sets the field `{name}` itself{remedy}");
        return Err(SpecError::rule(sentence));
    }
    let value = value.trim_matches([' ', '\t']).as_bytes();
    let value = HeaderValue::from_bytes(value).map_err(|_| {
        let expected = format!("a value of `{name}` without line breaks and control characters");
        SpecError::expected(&expected, &got)
    })?;
    Ok((name, value))
}

/// Writes a field as the value of a parameter that [`take_all`] reads.
pub(super) fn text((name, value): &(HeaderName, HeaderValue)) -> String {
    let value = String::from_utf8_lossy(value.as_bytes());
    quote(&format!("{name}:{value}")).into_owned()
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
            ("etag:\"a,b\"", "etag:\"a,b\""),
            ("x:a, b", "\"x:a, b\""),
            ("x:ä", "\"x:ä\""),
        ] {
            assert_eq!(text(&parse(spec).unwrap()), printed);
        }
    }

    #[test]
    fn a_malformed_field_is_rejected() {
        for got in ["", "x", ":1", "a b:1"] {
            let sentence = format!("expected a field such as `X-Checksum:1`, got `{got}`");
            assert_eq!(parse(got).unwrap_err().to_string(), sentence);
        }
        let sentence = "expected a value of `x` without line breaks and control characters, got";
        assert_eq!(
            parse("x:\r\ny:1").unwrap_err().to_string(),
            format!("{sentence} `x:\\r\\ny:1`")
        );
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

    #[test]
    fn too_many_fields_are_rejected() {
        let text = vec!["header=a:1"; MAX_FIELDS + 1].join(",");
        let mut parameters = FaultParameters::new(Some(&text));
        assert_eq!(
            take_all(&mut parameters, "header").unwrap_err().to_string(),
            "header: expected at most 100 fields, got `101`"
        );
    }
}
