//! `404`, or any other status: the answer is that status, with its name as the body, instead of what
//! was asked for.
//!
//! Parameter: a final status code, 200 to 599 (RFC 9110 section 15).

use super::{Fault, Member, Parsed};
use crate::Fate;
use crate::spec::SpecError;
use http::StatusCode;
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Status(StatusCode);

impl Fault for Status {
    fn strike(&self, fate: &mut Fate) {
        fate.status = Some(self.0);
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

fn parse(text: &str) -> Option<Parsed> {
    let number = text.strip_prefix("status:").unwrap_or(text);
    let named = number.len() < text.len();
    if !named && !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let code = number.parse().ok().filter(|code| (200..600).contains(code));
    let status = code.and_then(|code: u16| StatusCode::from_u16(code).ok());
    let refused = || SpecError::expected("a status of 200 to 599, such as `404`", number);
    Some(match status {
        Some(status) => Ok(Arc::new(Status(status))),
        None => Err(refused()),
    })
}

pub(super) const MEMBER: Member = Member {
    name: "status",
    about: "a status code of 200 to 599 instead of the answer; the bare number will do",
    example: "404",
    parse,
};

#[cfg(test)]
mod tests {
    use crate::{Fate, FaultSpec, fault::Faults};

    #[test]
    fn the_fate_is_the_status_and_nothing_else() {
        let faults = Faults::new(vec!["status:418".parse().unwrap()]).unwrap();
        let mut fate = Fate::default();
        faults.strike(0, &mut fate);
        assert_eq!(fate.status.unwrap().as_u16(), 418);
        assert_eq!(fate.fault.as_deref(), Some("418"));
        assert!(fate.delay.is_zero());
    }

    #[test]
    fn what_is_no_final_status_is_refused() {
        for (text, got) in [
            ("100", "100"),
            ("600", "600"),
            ("99999", "99999"),
            ("status:x", "x"),
        ] {
            assert_eq!(
                text.parse::<FaultSpec>().unwrap_err().to_string(),
                format!("expected a status of 200 to 599, such as `404`, got `{got}`")
            );
        }
    }
}
