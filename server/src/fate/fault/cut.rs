//! `cut:700`, `cut:50%`: the connection ends with a FIN behind so many bytes of the body, short of
//! `Content-Length`.
//!
//! At or past the end of the body the answer is whole, and the connection ends behind it.

use super::parameters::{Parameters, offset, spelled};
use super::{Fault, Member, Parsed};
use flagpole_protocol::{Ending, Fate, Offset};
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Cut(Offset);

impl Fault for Cut {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Cut(self.0);
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut:{}", spelled(self.0))
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "cut",
    about: "the connection closed behind so many bytes (or per cent) of the body",
    example: "cut:50%",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let at = parameters.required("a place in the body such as `700` (bytes) or `50%`")?;
    let at = offset(at)?;
    parameters.end()?;
    Ok(Arc::new(Cut(at)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_ends_with_a_fin_at_the_place() {
        assert_eq!(struck("cut:700").ending, Ending::Cut(Offset::Bytes(700)));
    }

    #[test]
    fn the_place_must_be_said() {
        assert_eq!(
            refused("cut"),
            "cut: expected a place in the body such as `700` (bytes) or `50%`, got nothing"
        );
    }
}
