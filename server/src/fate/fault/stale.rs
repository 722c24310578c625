//! `stale` or `stale:next`: the connection ends (FIN) although the response did not say so (`Connection: close`): after
//! the complete response, or as soon as a byte of the next request arrives. A client that keeps the connection for
//! reuse finds it closed, or loses a request that it has sent.
//!
//! Parameter: `next`, to end at the next request.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault};
use flagpole_protocol::{Ending, Fate, Offset, SpecError};

#[derive(Debug)]
struct StaleFault {
    ends_at_next_request: bool,
}

impl Fault for StaleFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = if self.ends_at_next_request {
            Ending::CutAtNextRequest
        } else {
            Ending::Cut(Offset::Percent(100))
        };
    }

    fn text(&self) -> String {
        let when = if self.ends_at_next_request {
            ":next"
        } else {
            ""
        };
        format!("stale{when}")
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "stale",
    about: "close a connection that the client may reuse: after the response, or at the next request (`stale:next`)",
    example: "stale",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let ends_at_next_request = match parameters.next() {
        None => false,
        Some("next") => true,
        Some(word) => return Err(SpecError::unknown("word", word, ["next"])),
    };
    Ok(Box::new(StaleFault {
        ends_at_next_request,
    }))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_ends_after_the_response_or_at_the_next_request() {
        let end = Ending::Cut(Offset::Percent(100));
        for (text, ending) in [("stale", end), ("stale:next", Ending::CutAtNextRequest)] {
            assert_eq!(fate_with(text).ending, ending);
            assert_prints_back(text);
        }
    }

    #[test]
    fn another_word_is_rejected() {
        assert_eq!(error("stale:now"), "stale: unknown word `now`; known: next");
    }
}
