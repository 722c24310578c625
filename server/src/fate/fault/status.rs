//! `404`, or any other status: the answer is that status instead of what was asked for.
//!
//! - a final status code, 200 to 999; those from 600 on mean nothing, but clients meet them (RFC 9110
//!   section 15);
//! - `retry-after=2s`: with `Retry-After`, whole seconds;
//! - `reason=Gone Fishing`: with this reason phrase instead of the usual one;
//! - `body=sorry`: with this body instead of the status by name. A comma ends it.

use super::parameters::{Parameters, number};
use super::{Fault, Member, Parsed};
use crate::config::spec;
use crate::config::spec::SpecError;
use flagpole_protocol::{self, Fate, ResponseContent};
use http::StatusCode;
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Status(Arc<flagpole_protocol::StatusResponse>);

impl Fault for Status {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Status(self.0.clone());
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())?;
        if let Some(seconds) = self.0.retry_after {
            write!(f, ",retry-after={seconds}s")?;
        }
        if let Some(reason) = &self.0.reason {
            write!(f, ",reason={reason}")?;
        }
        match &self.0.body {
            Some(body) => write!(f, ",body={body}"),
            None => Ok(()),
        }
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "status",
    about: "a status of 200 to 999 instead of the answer; the bare number will do",
    example: "503,retry-after=2s",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let expected = "a status of 200 to 999, such as `404`";
    let text = parameters.required(expected)?;
    let code = number(text, 200_u16, expected)?;
    let code = StatusCode::from_u16(code).ok();
    let code = code.ok_or_else(|| SpecError::expected(expected, text))?;
    let status = flagpole_protocol::StatusResponse {
        code,
        reason: parameters.named("reason").map(printable).transpose()?,
        retry_after: parameters.named("retry-after").map(seconds).transpose()?,
        body: parameters.named("body").map(printable).transpose()?,
    };
    parameters.end()?;
    Ok(Arc::new(Status(Arc::new(status))))
}

fn seconds(text: &str) -> Result<u64, SpecError> {
    let expected = || SpecError::expected("whole seconds such as `2s`", text);
    let duration = spec::duration(text)?;
    if duration.subsec_nanos() == 0 {
        Ok(duration.as_secs())
    } else {
        Err(expected())
    }
}

/// The label of a fault stands in a quoted string of `Server-Timing` (RFC 9110 section 5.6.4), the
/// reason in a status line: no line break, quote, backslash or anything but ASCII.
fn printable(text: &str) -> Result<String, SpecError> {
    let fits = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if !text.is_empty() && text.bytes().all(fits) {
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
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::{Fate, ResponseContent};

    #[test]
    fn the_fate_is_the_status_and_nothing_else() {
        let mut fate = struck("status:418");
        let ResponseContent::Status(status) = &fate.content else {
            panic!("{fate:?}")
        };
        assert_eq!(
            (status.code.as_u16(), &status.reason, &status.body),
            (418, &None, &None)
        );
        fate.content = ResponseContent::Requested;
        assert_eq!(
            fate,
            Fate {
                fault: Some("418".into()),
                ..Fate::default()
            }
        );
    }

    #[test]
    fn the_details_are_those_given() {
        let ResponseContent::Status(status) =
            struck("503,retry-after=2s,reason=Gone Fishing,body=sorry").content
        else {
            panic!("no status");
        };
        assert_eq!(status.retry_after, Some(2));
        assert_eq!(status.reason.as_deref(), Some("Gone Fishing"));
        assert_eq!(status.body.as_deref(), Some("sorry"));
    }

    #[test]
    fn what_is_no_final_status_is_refused() {
        for got in ["100", "1000", "99999"] {
            let expected =
                format!("status: expected a status of 200 to 999, such as `404`, got `{got}`");
            assert_eq!(refused(got), expected);
        }
        assert_eq!(
            refused("status"),
            "status: expected a status of 200 to 999, such as `404`, got nothing"
        );
        assert_eq!(
            refused("503,retry-after=1.5s"),
            "status: expected whole seconds such as `2s`, got `1.5s`"
        );
        assert_eq!(
            refused("503,body=\"x\""),
            "status: expected printable ASCII without quotes and backslashes, got `\"x\"`"
        );
        assert_eq!(refused("404,zz"), "status: unexpected parameter `zz`");
        assert!("404,reason=a@b@5%".parse::<FaultSpec>().is_ok());
    }
}
