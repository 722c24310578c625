//! `reset`, `reset:700` or `reset:50%`: TCP reset (RST) before the head or after some bytes of the body. The peer
//! reads every byte before the reset, then gets ECONNRESET. With an offset at or past the end of the body the
//! complete response comes first.
//!
//! Parameter: the offset in the body, in bytes or percent (absent: before the head).

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, offset, offset_text};
use flagpole_protocol::{Ending, Fate, Offset};

#[derive(Debug)]
struct ResetFault(Offset);

impl Fault for ResetFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Reset(self.0);
    }

    fn text(&self) -> String {
        match self.0 {
            Offset::BeforeHead => "reset".to_owned(),
            at => format!("reset:{}", offset_text(at)),
        }
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "reset",
    about: "TCP reset before the head or after N bytes (or N%) of the body",
    example: "reset:700",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let at = parameters.next().map_or(Ok(Offset::BeforeHead), offset)?;
    Ok(Box::new(ResetFault(at)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_is_reset_at_the_offset() {
        assert_eq!(fate_with("reset").ending, Ending::Reset(Offset::BeforeHead));
        assert_eq!(fate_with("reset:0").ending, Ending::Reset(Offset::Bytes(0)));
        assert_eq!(
            fate_with("reset:50%").ending,
            Ending::Reset(Offset::Percent(50))
        );
    }

    #[test]
    fn a_second_offset_is_rejected() {
        assert_eq!(error("reset:700,800"), "reset: unexpected parameter `800`");
    }
}
