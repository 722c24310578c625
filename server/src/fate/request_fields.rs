//! The request fields of flagpole's own.

use flagpole_protocol::headers::{FAULT_HEADER, LATENCY_HEADER, REQUEST_NUMBER_HEADER, RUN_HEADER};
use flagpole_protocol::{SpecError, did_you_mean};
use http::{HeaderMap, HeaderValue};

/// How the names of the fields begin.
const PREFIX: &str = "flagpole-";

const NAMES: [&str; 4] = [
    RUN_HEADER,
    REQUEST_NUMBER_HEADER,
    LATENCY_HEADER,
    FAULT_HEADER,
];

/// The values of the fields, as they were sent.
#[derive(Debug, Default)]
pub(crate) struct RequestFields<'h> {
    pub(crate) run: Option<&'h HeaderValue>,
    pub(crate) request_number: Option<&'h HeaderValue>,
    pub(crate) latency: Option<&'h HeaderValue>,
    pub(crate) faults: Vec<&'h HeaderValue>,
}

impl<'h> RequestFields<'h> {
    /// Finds the fields by one look at each name, which costs less than a look-up of each field.
    ///
    /// # Errors
    /// If another name begins like those of flagpole's own, or if a field that may occur once occurs several times.
    pub(crate) fn find(headers: &'h HeaderMap) -> Result<RequestFields<'h>, SpecError> {
        let mut fields = RequestFields::default();
        for (name, value) in headers {
            let name = name.as_str();
            if !name.starts_with(PREFIX) {
                continue;
            }
            let field = match name {
                RUN_HEADER => &mut fields.run,
                REQUEST_NUMBER_HEADER => &mut fields.request_number,
                LATENCY_HEADER => &mut fields.latency,
                FAULT_HEADER => {
                    fields.faults.push(value);
                    continue;
                }
                _ => return Err(unknown(name)),
            };
            if field.replace(value).is_some() {
                let rule = "expected one field, got several".to_owned();
                return Err(SpecError::rule(rule).within(name));
            }
        }
        Ok(fields)
    }
}

/// The names are compared without their beginning, which makes all of them similar.
fn unknown(name: &str) -> SpecError {
    let ends = NAMES.map(|name| &name[PREFIX.len()..]);
    let remedy = match did_you_mean(&name[PREFIX.len()..], ends) {
        Some(end) => format!("did you mean `{PREFIX}{end}`?"),
        None => format!("known: {}", NAMES.join(", ")),
    };
    SpecError::rule(format!("unknown field `{name}`; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let field = |&(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn only_faults_may_be_several() {
        for name in NAMES {
            let headers = headers(&[("accept", "*/*"), (name, "1"), (name, "2")]);
            let found = RequestFields::find(&headers);
            if name == FAULT_HEADER {
                assert_eq!(found.unwrap().faults, ["1", "2"]);
            } else {
                let sentence = format!("{name}: expected one field, got several");
                assert_eq!(found.unwrap_err().to_string(), sentence);
            }
        }
    }

    #[test]
    fn an_unknown_field_is_refused_and_the_near_name_suggested() {
        let error = |name| {
            let headers = headers(&[(name, "1")]);
            RequestFields::find(&headers).unwrap_err().to_string()
        };
        let sentence = "unknown field `flagpole-faults`; did you mean `flagpole-fault`?";
        assert_eq!(error("flagpole-faults"), sentence);
        let sentence = "unknown field `flagpole-x`; known: flagpole-run, flagpole-nth, \
                        flagpole-latency, flagpole-fault";
        assert_eq!(error("flagpole-x"), sentence);
    }

    #[test]
    fn other_fields_make_no_difference() {
        let headers = headers(&[("x-flagpole-fault", "1"), ("flagpole", "2"), ("host", "x")]);
        let RequestFields {
            run,
            request_number,
            latency,
            faults,
        } = RequestFields::find(&headers).unwrap();
        assert_eq!([run, request_number, latency], [None; 3]);
        assert!(faults.is_empty());
    }
}
