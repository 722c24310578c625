//! `404` or `status:404`: another status instead of the response, with the status as a text body.
//!
//! Parameters:
//! - the status code, 200 to 999. RFC 9110 section 15 defines none from 600 on, but clients receive them;
//! - `retry-after=2s`: a `Retry-After` field, in whole seconds;
//! - `reason=Gone Fishing`: the reason phrase, in place of the standard one;
//! - `body=sorry`: the body, without commas.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, ResponseContent, SpecError, StatusResponse, spec};
use http::StatusCode;
use std::sync::Arc;

#[derive(Debug)]
struct StatusFault(Arc<StatusResponse>);

impl Fault for StatusFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Status(self.0.clone());
    }

    fn text(&self) -> String {
        let StatusResponse {
            code,
            retry_after,
            reason,
            body,
        } = &*self.0;
        let retry_after = retry_after.map(|seconds| format!(",retry-after={seconds}s"));
        let reason = reason.as_ref().map(|reason| format!(",reason={reason}"));
        let body = body.as_ref().map(|body| format!(",body={body}"));
        let details = [retry_after, reason, body].into_iter().flatten();
        code.as_str().to_owned() + &details.collect::<String>()
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "status",
    about: "another status (200 to 999); `status:` may be omitted",
    example: "503,retry-after=2s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let expected = "a status of 200 to 999, such as `404`";
    let text = parameters.required(expected)?;
    let code = number(text, 200.., expected)?;
    let code = StatusCode::from_u16(code).ok();
    let code = code.ok_or_else(|| SpecError::expected(expected, text))?;
    let status = StatusResponse {
        code,
        reason: parameters.named("reason").map(printable).transpose()?,
        retry_after: parameters.named("retry-after").map(seconds).transpose()?,
        body: parameters.named("body").map(printable).transpose()?,
    };
    Ok(Box::new(StatusFault(Arc::new(status))))
}

fn seconds(text: &str) -> Result<u64, SpecError> {
    match spec::duration(text)? {
        duration if duration.subsec_nanos() == 0 => Ok(duration.as_secs()),
        _ => Err(SpecError::expected("whole seconds such as `2s`", text)),
    }
}

/// The label of a fault is sent in a quoted string of `Server-Timing` (RFC 9110 section 5.6.4), the reason in
/// the status line: only ASCII without line breaks, quotes and backslashes is safe in
/// the field and in the status line.
fn printable(text: &str) -> Result<String, SpecError> {
    let is_safe = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if !text.is_empty() && text.bytes().all(is_safe) {
        return Ok(text.to_owned());
    }
    Err(SpecError::expected(
        "printable ASCII without quotes and backslashes",
        text,
    ))
}

#[cfg(test)]
mod tests {
    use crate::FaultSpec;
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::{Fate, ResponseContent};

    #[test]
    fn the_fate_has_the_status_and_no_other_change() {
        let mut fate = fate_with("status:418");
        let ResponseContent::Status(status) = &fate.content else {
            panic!("{fate:?}")
        };
        assert_eq!(
            (status.code.as_u16(), &status.reason, &status.body),
            (418, &None, &None)
        );
        fate.content = ResponseContent::Requested;
        assert_eq!(fate.fault.take().as_deref(), Some("418"));
        assert_eq!(fate, Fate::default());
    }

    #[test]
    fn the_fate_has_the_given_details() {
        let ResponseContent::Status(status) =
            fate_with("503,retry-after=2s,reason=Gone Fishing,body=sorry").content
        else {
            panic!("no status");
        };
        assert_eq!(status.retry_after, Some(2));
        assert_eq!(status.reason.as_deref(), Some("Gone Fishing"));
        assert_eq!(status.body.as_deref(), Some("sorry"));
    }

    #[test]
    fn a_status_that_is_not_final_is_rejected() {
        let expected = "status: expected a status of 200 to 999, such as `404`, got";
        for got in ["100", "1000", "99999"] {
            assert_eq!(error(got), format!("{expected} `{got}`"));
        }
        assert_eq!(error("status"), format!("{expected} nothing"));
    }

    #[test]
    fn malformed_details_are_rejected() {
        assert_eq!(
            error("503,retry-after=1.5s"),
            "status: expected whole seconds such as `2s`, got `1.5s`"
        );
        assert_eq!(
            error("503,body=\"x\""),
            "status: expected printable ASCII without quotes and backslashes, got `\"x\"`"
        );
        assert_eq!(error("404,zz"), "status: unexpected parameter `zz`");
        assert!("404,reason=a@b@5%".parse::<FaultSpec>().is_ok());
    }
}
