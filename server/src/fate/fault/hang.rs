//! `hang`, `hang:700`, `hang:700,for=5s`: silence before the head or behind so many bytes of the body,
//! for ever or for a time, after which the answer goes on.
//!
//! The connection stays open; for ever ends when the peer leaves or the server stops. At or past the
//! end of the body the whole answer comes, and what is asked next on the connection gets none.

use super::parameters::{Parameters, offset, spelled};
use super::{Fault, Member, Parsed};
use crate::config::spec;
use crate::config::spec::DurationDisplay;
use flagpole_protocol::{Fate, Offset, Pace};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
struct Hang {
    at: Offset,
    time: Option<Duration>,
}

impl Fault for Hang {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.pace = Pace::Pause(self.at, self.time);
    }
}

impl fmt::Display for Hang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self
            .time
            .map(|time| format!("for={}", DurationDisplay(time)));
        let at = Some(spelled(self.at)).filter(|at| !at.is_empty());
        let words: Vec<_> = at.into_iter().chain(time).collect();
        let colon = if words.is_empty() { "" } else { ":" };
        write!(f, "hang{colon}{}", words.join(","))
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "hang",
    about: "silence before the head or within the body, for a time or for ever",
    example: "hang:700,for=5s",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let at = parameters.next().map_or(Ok(Offset::BeforeHead), offset)?;
    let time = parameters.named("for").map(spec::duration).transpose()?;
    parameters.end()?;
    Ok(Arc::new(Hang { at, time }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{reads_back, refused, struck};
    use flagpole_protocol::{Offset, Pace};
    use std::time::Duration;

    #[test]
    fn the_fate_pauses_at_the_place() {
        assert_eq!(struck("hang").pace, Pace::Pause(Offset::BeforeHead, None));
        let five = Some(Duration::from_secs(5));
        assert_eq!(
            struck("hang:for=5s").pace,
            Pace::Pause(Offset::BeforeHead, five)
        );
        assert_eq!(
            struck("hang:for=5s,50%").pace,
            Pace::Pause(Offset::PerCent(50), five)
        );
    }

    #[test]
    fn every_form_reads_back() {
        ["hang", "hang:700", "hang:for=5s", "hang:50%,for=5ms"]
            .into_iter()
            .for_each(reads_back);
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        assert_eq!(
            refused("hang:for=x"),
            "hang: expected a duration such as `50ms` or `1.5s`, got `x`"
        );
    }
}
