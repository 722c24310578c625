//! `dribble:5,2s`: the head immediately, the body in equal slices at equal intervals. The first slice is sent
//! immediately, the last one after the whole time.
//!
//! Parameters: the number of slices, 2 to 1000, and the time.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{Fate, Pace};
use std::time::Duration;

#[derive(Debug)]
struct DribbleFault {
    /// 2 to [`MAX_SLICES`].
    slices: u32,
    over: Duration,
}

/// The maximum number of slices: the next one is found by linear search.
const MAX_SLICES: u32 = 1000;

impl Fault for DribbleFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Slices(self.slices, self.over);
    }

    fn text(&self) -> String {
        format!("dribble:{},{}", self.slices, DurationDisplay(self.over))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "dribble",
    about: "the body in N slices over a time (like slicer of toxiproxy)",
    example: "dribble:5,2s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let what = "2 to 1000 slices and a time, such as `5,2s`";
    let slices = number(parameters.required(what)?, 2..=MAX_SLICES, what)?;
    let over = spec::duration(parameters.required(what)?)?;
    Ok(Box::new(DribbleFault { slices, over }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::Pace;
    use std::time::Duration;

    #[test]
    fn the_fate_has_the_slices_and_the_time() {
        assert_eq!(
            fate_with("dribble:5,2s").pace,
            Pace::Slices(5, Duration::from_secs(2))
        );
    }

    #[test]
    fn too_few_or_too_many_slices_are_rejected() {
        for (text, got) in [
            ("dribble:1,2s", "`1`"),
            ("dribble:1001,2s", "`1001`"),
            ("dribble:5", "nothing"),
        ] {
            let expected =
                format!("dribble: expected 2 to 1000 slices and a time, such as `5,2s`, got {got}");
            assert_eq!(error(text), expected);
        }
    }
}
