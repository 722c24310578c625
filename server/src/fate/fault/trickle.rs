//! `trickle:1000`: the head at once, the body steadily at so many bytes a second.

use super::parameters::{Parameters, number};
use super::{Fault, Member, Parsed};
use flagpole_protocol::{Fate, Pace};
use std::fmt;
use std::sync::Arc;

/// Bytes a second, at least one.
#[derive(Debug)]
struct Trickle(u64);

impl Fault for Trickle {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Rate(self.0);
    }
}

impl fmt::Display for Trickle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trickle:{}", self.0)
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "trickle",
    about: "the body steadily, at so many bytes a second",
    example: "trickle:1000",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let what = "bytes a second, at least 1, such as `1000`";
    let rate = number(parameters.required(what)?, 1, what)?;
    parameters.end()?;
    Ok(Arc::new(Trickle(rate)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::Pace;

    #[test]
    fn the_fate_has_the_rate() {
        assert_eq!(struck("trickle:1000").pace, Pace::Rate(1000));
    }

    #[test]
    fn a_rate_of_nothing_is_refused() {
        for (text, got) in [
            ("trickle:0", "`0`"),
            ("trickle:-1", "`-1`"),
            ("trickle", "nothing"),
        ] {
            let expected =
                format!("trickle: expected bytes a second, at least 1, such as `1000`, got {got}");
            assert_eq!(refused(text), expected);
        }
    }
}
