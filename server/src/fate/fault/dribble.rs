//! `dribble:5,2s`: the head at once, the body in so many equal slices over a time: the first at once,
//! the last after that time.

use super::parameters::{Parameters, number};
use super::{Fault, Member, Parsed};
use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use flagpole_protocol::{Fate, Pace};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
struct Dribble {
    /// At least 2 and at most [`MOST`].
    slices: u32,
    over: Duration,
}

/// The most slices: each is looked for among all.
const MOST: u32 = 1000;

impl Fault for Dribble {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Slices(self.slices, self.over);
    }
}

impl fmt::Display for Dribble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dribble:{},{}", self.slices, DurationDisplay(self.over))
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "dribble",
    about: "the body in so many slices over a time",
    example: "dribble:5,2s",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let what = "2 to 1000 slices and a time, such as `5,2s`";
    let count = parameters.required(what)?;
    let slices = number(count, 2, what)?;
    if slices > MOST {
        return Err(SpecError::expected(what, count));
    }
    let over = spec::duration(parameters.required(what)?)?;
    parameters.end()?;
    Ok(Arc::new(Dribble { slices, over }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{refused, struck};
    use flagpole_protocol::Pace;
    use std::time::Duration;

    #[test]
    fn the_fate_has_the_slices_and_the_time() {
        assert_eq!(
            struck("dribble:5,2s").pace,
            Pace::Slices(5, Duration::from_secs(2))
        );
    }

    #[test]
    fn too_few_or_too_many_slices_are_refused() {
        for (text, got) in [
            ("dribble:1,2s", "`1`"),
            ("dribble:1001,2s", "`1001`"),
            ("dribble:5", "nothing"),
        ] {
            let expected =
                format!("dribble: expected 2 to 1000 slices and a time, such as `5,2s`, got {got}");
            assert_eq!(refused(text), expected);
        }
    }
}
