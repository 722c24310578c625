//! `until-close` or `until-close:700`: no `Content-Length`; the end of the connection (FIN) marks the end of the body
//! (RFC 9112 section 6.3). With an offset the body ends there, which a client cannot see.
//!
//! Parameter: the offset in the body, in bytes or percent (absent: the whole body).

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, offset, offset_text};
use flagpole_protocol::{Ending, Fate, Framing, Offset};

/// Where the body ends; `None` for the whole body.
#[derive(Debug)]
struct UntilCloseFault(Option<Offset>);

impl Fault for UntilCloseFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.framing = Framing::UntilClose;
        fate.ending = Ending::Cut(self.0.unwrap_or(Offset::Percent(100)));
    }

    fn text(&self) -> String {
        match self.0 {
            None => "until-close".to_owned(),
            Some(at) => format!("until-close:{}", offset_text(at)),
        }
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "until-close",
    about: "no Content-Length: the end of the connection ends the body, after N bytes (or N%) or all",
    example: "until-close:700",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let at = parameters.next().map(offset).transpose()?;
    Ok(Box::new(UntilCloseFault(at)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, fate_with};
    use flagpole_protocol::{Ending, Framing, Offset};

    #[test]
    fn the_fate_has_no_length_and_ends_the_connection() {
        for (text, at) in [
            ("until-close", Offset::Percent(100)),
            ("until-close:700", Offset::Bytes(700)),
            ("until-close:50%", Offset::Percent(50)),
        ] {
            let fate = fate_with(text);
            let expected = (Framing::UntilClose, Ending::Cut(at));
            assert_eq!((fate.framing, fate.ending), expected);
            assert_prints_back(text);
        }
    }
}
