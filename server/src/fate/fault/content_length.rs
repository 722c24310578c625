//! `content-length:+10`, `content-length:-10` or `content-length:double`: a `Content-Length` that does not fit the
//! body. With `+10` the body ends (FIN) 10 bytes before the announced length; with `-10` the last 10 bytes follow the
//! announced end on an open connection, where the next response is expected; `double` sends the correct length and a
//! second field with one byte more, which a client must reject (RFC 9112 section 6.3).
//!
//! Parameter: the difference in bytes, at least 1, or `double`.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Ending, Fate, Framing, Offset, SpecError, WrongLength};

/// The maximum difference in bytes: 1 TiB, far from an overflow of the announced length.
const MAX_DIFFERENCE: u64 = 1 << 40;

#[derive(Debug)]
struct ContentLengthFault(WrongLength);

impl Fault for ContentLengthFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.framing = Framing::WrongLength(self.0);
        if let WrongLength::Longer(_) = self.0 {
            fate.ending = Ending::Cut(Offset::Percent(100));
        }
    }

    fn text(&self) -> String {
        match self.0 {
            WrongLength::Longer(bytes) => format!("content-length:+{bytes}"),
            WrongLength::Shorter(bytes) => format!("content-length:-{bytes}"),
            WrongLength::Double => "content-length:double".to_owned(),
        }
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "content-length",
    about: "a Content-Length of N bytes more or fewer than the body has, or two (`content-length:double`)",
    example: "content-length:+10",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let what = "`double` or a difference in bytes such as `+10` or `-10`";
    let text = parameters.required(what)?;
    let bytes = |digits| number(digits, 1..=MAX_DIFFERENCE, what);
    let wrong = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        _ if text == "double" => WrongLength::Double,
        (Some(digits), _) => WrongLength::Longer(bytes(digits)?),
        (_, Some(digits)) => WrongLength::Shorter(bytes(digits)?),
        _ => return Err(SpecError::expected(what, text)),
    };
    Ok(Box::new(ContentLengthFault(wrong)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::{Ending, Framing, Offset, WrongLength};

    #[test]
    fn the_fate_has_the_wrong_length_and_ends_a_body_that_is_too_short() {
        let cut = Ending::Cut(Offset::Percent(100));
        for (text, wrong, ending) in [
            ("content-length:+10", WrongLength::Longer(10), cut),
            (
                "content-length:-10",
                WrongLength::Shorter(10),
                Ending::Complete,
            ),
            (
                "content-length:double",
                WrongLength::Double,
                Ending::Complete,
            ),
        ] {
            let fate = fate_with(text);
            let expected = (Framing::WrongLength(wrong), ending);
            assert_eq!((fate.framing, fate.ending), expected);
            assert_prints_back(text);
        }
    }

    #[test]
    fn a_difference_without_a_sign_or_of_zero_is_rejected() {
        let expected = "expected `double` or a difference in bytes such as `+10` or `-10`, got";
        for (text, got) in [
            ("content-length", "nothing"),
            ("content-length:10", "`10`"),
            ("content-length:+0", "`0`"),
            ("content-length:--1", "`-1`"),
            ("content-length:+1099511627777", "`1099511627777`"),
        ] {
            assert_eq!(error(text), format!("content-length: {expected} {got}"));
        }
    }
}
