//! `hang`, `hang:700` or `hang:700,for=5s`: silence before the head or after some bytes of the body, on an open
//! connection. With an offset at or past the end of the body the response is complete, and the next request
//! on the connection gets no response.
//!
//! Parameters: the offset in the body, in bytes or percent (absent: before the head), and `for=`, the time after
//! which the response continues (absent: silence until the peer leaves or the server stops).

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, offset, offset_text};
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{Fate, Offset, Pace};
use std::time::Duration;

#[derive(Debug)]
struct HangFault {
    at: Offset,
    time: Option<Duration>,
}

impl Fault for HangFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Pause(self.at, self.time);
    }

    fn text(&self) -> String {
        let time = self
            .time
            .map(|time| format!("for={}", DurationDisplay(time)));
        let at = Some(offset_text(self.at)).filter(|at| !at.is_empty());
        let parameters: Vec<_> = at.into_iter().chain(time).collect();
        let colon = if parameters.is_empty() { "" } else { ":" };
        format!("hang{colon}{}", parameters.join(","))
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "hang",
    about: "silence before the head or within the body, for a time or until the peer leaves (like timeout of toxiproxy)",
    example: "hang:700,for=5s",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let at = parameters.next().map_or(Ok(Offset::BeforeHead), offset)?;
    let time = parameters.named("for").map(spec::duration).transpose()?;
    Ok(Box::new(HangFault { at, time }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::{Offset, Pace};
    use std::time::Duration;

    #[test]
    fn the_fate_pauses_at_the_offset() {
        assert_eq!(
            fate_with("hang").pace,
            Pace::Pause(Offset::BeforeHead, None)
        );
        let five = Some(Duration::from_secs(5));
        assert_eq!(
            fate_with("hang:for=5s").pace,
            Pace::Pause(Offset::BeforeHead, five)
        );
        assert_eq!(
            fate_with("hang:for=5s,50%").pace,
            Pace::Pause(Offset::Percent(50), five)
        );
    }

    #[test]
    fn every_form_prints_back() {
        ["hang", "hang:700", "hang:for=5s", "hang:50%,for=5ms"]
            .into_iter()
            .for_each(assert_prints_back);
    }

    #[test]
    fn a_malformed_time_is_rejected() {
        assert_eq!(
            error("hang:for=x"),
            "hang: expected a duration such as `50ms` or `1.5s`, got `x`"
        );
    }
}
