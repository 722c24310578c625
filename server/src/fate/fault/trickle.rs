//! `trickle:1000`: the head immediately, the body at a constant rate (`dribble` sends slices instead).
//!
//! Parameter: the rate in bytes per second, from 1.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, Pace};

/// Bytes per second, at least 1.
#[derive(Debug)]
struct TrickleFault(u64);

impl Fault for TrickleFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Rate(self.0);
    }

    fn text(&self) -> String {
        format!("trickle:{}", self.0)
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "trickle",
    about: "the body at N bytes per second (like bandwidth of toxiproxy)",
    example: "trickle:1000",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let what = "bytes per second, at least 1, such as `1000`";
    let rate = number(parameters.required(what)?, 1.., what)?;
    Ok(Box::new(TrickleFault(rate)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::Pace;

    #[test]
    fn the_fate_has_the_rate() {
        assert_eq!(fate_with("trickle:1000").pace, Pace::Rate(1000));
    }

    #[test]
    fn a_rate_of_zero_is_rejected() {
        for (text, got) in [
            ("trickle:0", "`0`"),
            ("trickle:-1", "`-1`"),
            ("trickle", "nothing"),
        ] {
            let expected = format!(
                "trickle: expected bytes per second, at least 1, such as `1000`, got {got}"
            );
            assert_eq!(error(text), expected);
        }
    }
}
