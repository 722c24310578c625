//! `reset`, `reset:700`, `reset:50%`: the connection ends with a TCP reset (RST), before the head or
//! behind so many bytes of the body.
//!
//! The peer reads all the bytes before the reset, then ECONNRESET. At or past the end of the body the
//! whole answer comes first.

use super::parameters::{Parameters, offset, spelled};
use super::{Fault, Member, Parsed};
use flagpole_protocol::{Ending, Fate, Offset};
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Reset(Offset);

impl Fault for Reset {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Reset(self.0);
    }
}

impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Offset::BeforeHead => f.write_str("reset"),
            at => write!(f, "reset:{}", spelled(at)),
        }
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "reset",
    about: "a TCP reset, before the head or behind so many bytes (or per cent) of the body",
    example: "reset:700",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let at = parameters.next().map_or(Ok(Offset::BeforeHead), offset)?;
    parameters.end()?;
    Ok(Arc::new(Reset(at)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_ends_with_a_reset_at_the_place() {
        assert_eq!(struck("reset").ending, Ending::Reset(Offset::BeforeHead));
        assert_eq!(struck("reset:0").ending, Ending::Reset(Offset::Bytes(0)));
        assert_eq!(
            struck("reset:50%").ending,
            Ending::Reset(Offset::PerCent(50))
        );
    }

    #[test]
    fn a_second_place_is_refused() {
        assert_eq!(
            refused("reset:700,800"),
            "reset: unexpected parameter `800`"
        );
    }
}
