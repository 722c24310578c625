//! `stall:700,for=2s`: silence before the head or after some bytes of the body, then the response continues (`hang`
//! without a time never does). With an offset at or past the end of the body the response is complete, and the next
//! request on the connection waits.
//!
//! Parameters: the offset in the body, in bytes or percent (absent: before the head), and `for=`, the time after which
//! the response continues.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, offset, offset_text};
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{Fate, Offset, Pace, SpecError};
use std::time::Duration;

#[derive(Debug)]
struct StallFault {
    at: Offset,
    time: Duration,
}

impl Fault for StallFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Pause(self.at, Some(self.time));
    }

    fn text(&self) -> String {
        let at = match self.at {
            Offset::BeforeHead => String::new(),
            at => offset_text(at) + ",",
        };
        format!("stall:{at}for={}", DurationDisplay(self.time))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "stall",
    about: "silence before the head or within the body for a time, then the rest",
    example: "stall:700,for=2s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let at = parameters.next().map_or(Ok(Offset::BeforeHead), offset)?;
    let Some(time) = parameters.named("for") else {
        let sentence = "expected a time such as `for=2s`; `hang` has silence without an end";
        return Err(SpecError::rule(sentence.to_owned()));
    };
    let time = spec::duration(time)?;
    Ok(Box::new(StallFault { at, time }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::{Offset, Pace};
    use std::time::Duration;

    #[test]
    fn the_fate_pauses_at_the_offset_for_the_time() {
        let two = Some(Duration::from_secs(2));
        for (text, at) in [
            ("stall:for=2s", Offset::BeforeHead),
            ("stall:700,for=2s", Offset::Bytes(700)),
            ("stall:50%,for=2s", Offset::Percent(50)),
        ] {
            assert_eq!(fate_with(text).pace, Pace::Pause(at, two));
            assert_prints_back(text);
        }
    }

    #[test]
    fn a_missing_time_is_rejected() {
        assert_eq!(
            error("stall:700"),
            "stall: expected a time such as `for=2s`; `hang` has silence without an end"
        );
    }
}
