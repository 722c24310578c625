//! `garbage`: bytes that are not HTTP instead of the response, then close (FIN).

use super::member::{Fault, FaultMember};
use flagpole_protocol::{Ending, Fate, Offset, ResponseContent};

#[derive(Debug)]
struct GarbageFault;

impl Fault for GarbageFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Garbage;
        fate.ending = Ending::Cut(Offset::Bytes(0));
    }

    fn text(&self) -> String {
        "garbage".to_owned()
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "garbage",
    about: "bytes that are not HTTP",
    example: "garbage",
    parse: |_| Ok(Box::new(GarbageFault)),
};

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::fate_with;
    use flagpole_protocol::{Ending, Offset, ResponseContent};

    #[test]
    fn the_fate_is_garbage_followed_by_a_close() {
        let fate = fate_with("garbage");
        assert_eq!(
            (fate.content, fate.ending),
            (ResponseContent::Garbage, Ending::Cut(Offset::Bytes(0)))
        );
    }
}
