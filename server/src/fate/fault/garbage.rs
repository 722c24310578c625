//! `garbage`: bytes that are not HTTP instead of an answer, then a FIN.

use super::parameters::Parameters;
use super::{Fault, Member, Parsed};
use flagpole_protocol::{Ending, Fate, Offset, ResponseContent};
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Garbage;

impl Fault for Garbage {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Garbage;
        fate.ending = Ending::Cut(Offset::Bytes(0));
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("garbage")
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "garbage",
    about: "bytes that are not HTTP",
    example: "garbage",
    parse,
};

fn parse(parameters: Parameters<'_>) -> Parsed {
    parameters.end()?;
    Ok(Arc::new(Garbage))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::struck;
    use flagpole_protocol::{Ending, Offset, ResponseContent};

    #[test]
    fn the_fate_is_garbage_and_then_the_end() {
        let fate = struck("garbage");
        assert_eq!(
            (fate.content, fate.ending),
            (ResponseContent::Garbage, Ending::Cut(Offset::Bytes(0)))
        );
    }
}
