//! `slow-head:2s`: the head byte by byte at equal intervals, then the body immediately.
//!
//! Parameter: the time that the head takes.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault};
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{Fate, Pace};
use std::time::Duration;

#[derive(Debug)]
struct SlowHeadFault(Duration);

impl Fault for SlowHeadFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::SlowHead(self.0);
    }

    fn text(&self) -> String {
        format!("slow-head:{}", DurationDisplay(self.0))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "slow-head",
    about: "head byte by byte over a time, then the body",
    example: "slow-head:2s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let over = spec::duration(parameters.required("a duration such as `2s`")?)?;
    Ok(Box::new(SlowHeadFault(over)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::Pace;
    use std::time::Duration;

    #[test]
    fn the_fate_has_the_time() {
        assert_eq!(
            fate_with("slow-head:2s").pace,
            Pace::SlowHead(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_missing_time_is_rejected() {
        assert_eq!(
            error("slow-head"),
            "slow-head: expected a duration such as `2s`, got nothing"
        );
    }
}
