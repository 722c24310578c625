//! `empty`: the connection is closed with a FIN, without a byte of an answer.

use super::parameters::Parameters;
use super::{Fault, Member, Parsed};
use flagpole_protocol::{Ending, Fate, Offset};
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
struct Empty;

impl Fault for Empty {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Cut(Offset::BeforeHead);
    }
}

impl fmt::Display for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("empty")
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "empty",
    about: "the connection closed without an answer",
    example: "empty",
    parse,
};

fn parse(parameters: Parameters<'_>) -> Parsed {
    parameters.end()?;
    Ok(Arc::new(Empty))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_ends_before_the_first_byte() {
        assert_eq!(struck("empty").ending, Ending::Cut(Offset::BeforeHead));
    }

    #[test]
    fn there_is_nothing_to_say_about_it() {
        assert_eq!(refused("empty:1"), "empty: unexpected parameter `1`");
    }
}
