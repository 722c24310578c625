//! `interim:103` or `interim:100,count=1000`: interim responses (RFC 9110 section 15.2) before the response, which is
//! complete. A client must skip them. A request of HTTP/1.0 gets none, because that version does not know them.
//!
//! Parameters:
//! - the status code, 100 to 199 except 101, after which the connection would no longer carry HTTP;
//! - `count=1000`: how many, 1 to 10000; 1 if absent;
//! - `header=Name:Value`: a field of each interim response, repeatable. Without it 103 (Early Hints, RFC 8297) has a
//!   `Link` to the index of the flags, because it would hint at nothing, and other codes have no fields.

use super::field;
use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, InterimResponses, SpecError};
use http::header::LINK;
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::Arc;

/// The maximum number of interim responses.
const MAX_COUNT: u32 = 10_000;

/// The maximum number of bytes in the fields of all of them: each connection has a copy in memory.
const MAX_FIELD_BYTES: usize = 1 << 20;

/// The `Link` of 103 without other fields.
const HINT: HeaderValue = HeaderValue::from_static("</flags/index.json>; rel=preload; as=fetch");

#[derive(Debug)]
struct InterimFault(Arc<InterimResponses>);

impl Fault for InterimFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.interim = Some(self.0.clone());
    }

    fn text(&self) -> String {
        let InterimResponses {
            code,
            count,
            fields,
        } = &*self.0;
        let count = (*count > 1).then(|| format!(",count={count}"));
        let fields = Some(fields).filter(|fields| **fields != default_fields(*code));
        let fields = fields.into_iter().flatten();
        let fields = fields.map(|field| format!(",header={}", field::text(field)));
        let details: String = count.into_iter().chain(fields).collect();
        format!("interim:{}{details}", code.as_str())
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "interim",
    about: "interim responses (1xx) before the response, such as a storm of 100",
    example: "interim:100,count=1000",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let code = code(parameters.required(EXPECTED)?)?;
    let count = parameters.named("count").unwrap_or("1");
    let count = number(count, 1..=MAX_COUNT, "1 to 10000 interim responses")?;
    let mut fields = field::take_all(parameters, "header")?;
    if fields.is_empty() {
        fields = default_fields(code);
    }
    let length = fields
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    if length.sum::<usize>() * count as usize > MAX_FIELD_BYTES {
        let sentence = "the fields of all interim responses have more than 1 MiB";
        return Err(SpecError::rule(sentence.to_owned()));
    }
    Ok(Box::new(InterimFault(Arc::new(InterimResponses {
        code,
        count,
        fields,
    }))))
}

const EXPECTED: &str = "an interim status of 100 to 199, such as `103`";

fn code(text: &str) -> Result<StatusCode, SpecError> {
    let code: u16 = number(text, 100..=199, EXPECTED)?;
    if code == 101 {
        let sentence = "101 would end HTTP on the connection; expected another interim status";
        return Err(SpecError::rule(sentence.to_owned()));
    }
    StatusCode::from_u16(code).map_err(|_| SpecError::expected(EXPECTED, text))
}

fn default_fields(code: StatusCode) -> Vec<(HeaderName, HeaderValue)> {
    if code.as_u16() == 103 {
        vec![(LINK, HINT)]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::InterimResponses;
    use std::sync::Arc;

    fn interim(text: &str) -> Arc<InterimResponses> {
        fate_with(text).interim.unwrap()
    }

    #[test]
    fn the_fate_has_the_interim_responses() {
        let storm = interim("interim:100,count=1000");
        assert_eq!((storm.code.as_u16(), storm.count), (100, 1000));
        assert!(storm.fields.is_empty());
        let fields = &interim("interim:102,header=a:1,header=b:2").fields;
        assert_eq!(fields[1], ("b".parse().unwrap(), "2".parse().unwrap()));
        for text in [
            "interim:103",
            "interim:103,header=link:</a>; rel=preload",
            "interim:100,count=2,header=a:1,header=b:2",
        ] {
            assert_prints_back(text);
        }
    }

    #[test]
    fn early_hints_have_a_link_unless_fields_are_given() {
        let names = |text| {
            interim(text)
                .fields
                .iter()
                .map(|field| field.0.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("interim:103"), ["link"]);
        assert_eq!(names("interim:103,header=a:1"), ["a"]);
    }

    #[test]
    fn a_status_that_is_not_interim_is_rejected() {
        let expected = "interim: expected an interim status of 100 to 199, such as `103`, got";
        for (text, got) in [
            ("interim", "nothing"),
            ("interim:200", "`200`"),
            ("interim:99", "`99`"),
        ] {
            assert_eq!(error(text), format!("{expected} {got}"));
        }
        assert_eq!(
            error("interim:101"),
            "interim: 101 would end HTTP on the connection; expected another interim status"
        );
    }

    #[test]
    fn too_many_interim_responses_are_rejected() {
        assert_eq!(
            error("interim:100,count=10001"),
            "interim: expected 1 to 10000 interim responses, got `10001`"
        );
        assert_eq!(
            error(&format!(
                "interim:100,count=1025,header=a:{}",
                "x".repeat(1023)
            )),
            "interim: the fields of all interim responses have more than 1 MiB"
        );
    }
}
