//! `slow-head:2s`: the head byte by byte, evenly over a time, and the body at once behind it.

use super::parameters::Parameters;
use super::{Fault, Member, Parsed};
use crate::config::spec;
use crate::config::spec::DurationDisplay;
use flagpole_protocol::{Fate, Pace};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
struct SlowHead(Duration);

impl Fault for SlowHead {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::SlowHead(self.0);
    }
}

impl fmt::Display for SlowHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slow-head:{}", DurationDisplay(self.0))
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "slow-head",
    about: "the head byte by byte over a time, then the body",
    example: "slow-head:2s",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let over = spec::duration(parameters.required("a duration such as `2s`")?)?;
    parameters.end()?;
    Ok(Arc::new(SlowHead(over)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::Pace;
    use std::time::Duration;

    #[test]
    fn the_fate_has_the_time() {
        assert_eq!(
            struck("slow-head:2s").pace,
            Pace::SlowHead(Duration::from_secs(2))
        );
    }

    #[test]
    fn the_time_must_be_said() {
        assert_eq!(
            refused("slow-head"),
            "slow-head: expected a duration such as `2s`, got nothing"
        );
    }
}
