//! `empty`: close (FIN) without sending a byte.

use super::member::{Fault, FaultMember};
use flagpole_protocol::{Ending, Fate, Offset};

#[derive(Debug)]
struct EmptyFault;

impl Fault for EmptyFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.ending = Ending::Cut(Offset::BeforeHead);
    }

    fn text(&self) -> String {
        "empty".to_owned()
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "empty",
    about: "close without sending a byte",
    example: "empty",
    parse: |_| Ok(Box::new(EmptyFault)),
};

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{error, fate_with};
    use flagpole_protocol::{Ending, Offset};

    #[test]
    fn the_fate_is_cut_before_the_head() {
        assert_eq!(fate_with("empty").ending, Ending::Cut(Offset::BeforeHead));
    }

    #[test]
    fn a_parameter_is_rejected() {
        assert_eq!(error("empty:1"), "empty: unexpected parameter `1`");
    }
}
