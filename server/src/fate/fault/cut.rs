//! `cut:700` or `cut:50%`: close (FIN) after some bytes of the body, before `Content-Length` is reached. With
//! an offset at or past the end of the body the response is complete, and the connection closes after it.
//!
//! Parameter: the offset in the body, in bytes or percent.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, offset, offset_text};
use flagpole_protocol::{Ending, Fate, Offset};

#[derive(Debug)]
struct CutFault(Offset);

impl Fault for CutFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Cut(self.0);
    }

    fn text(&self) -> String {
        format!("cut:{}", offset_text(self.0))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "cut",
    about: "close (FIN) after N bytes (or N%) of the body (like limit_data of toxiproxy)",
    example: "cut:50%",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let at = parameters.required("an offset in the body such as `700` (bytes) or `50%`")?;
    let at = offset(at)?;
    Ok(Box::new(CutFault(at)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_is_cut_at_the_offset() {
        assert_eq!(fate_with("cut:700").ending, Ending::Cut(Offset::Bytes(700)));
    }

    #[test]
    fn a_missing_offset_is_rejected() {
        assert_eq!(
            error("cut"),
            "cut: expected an offset in the body such as `700` (bytes) or `50%`, got nothing"
        );
    }
}
