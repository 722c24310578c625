//! `corrupt` or `corrupt:3`: flipped bits in the body; `Content-Digest` and all other fields are those of the
//! original. A response without a body is not changed.
//!
//! Parameter: the number of bits, 1 to 1000; 1 if absent.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, ResponseContent};

/// The maximum number of bits: they are drawn one by one on the worker's thread.
const MAX_BITS: u32 = 1000;

/// The number of bits.
#[derive(Debug)]
struct CorruptFault(u32);

impl Fault for CorruptFault {
    fn apply(&self, draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Corrupt { bits: self.0, draw };
    }

    fn text(&self) -> String {
        match self.0 {
            1 => "corrupt".to_owned(),
            bits => format!("corrupt:{bits}"),
        }
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "corrupt",
    about: "N flipped bits in the body; Content-Digest is that of the original body",
    example: "corrupt:3",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let what = "1 to 1000 bits";
    let bits = number(parameters.next().unwrap_or("1"), 1..=MAX_BITS, what)?;
    Ok(Box::new(CorruptFault(bits)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::ResponseContent;

    #[test]
    fn the_fate_has_the_number_of_bits_and_the_draw() {
        assert_eq!(
            fate_with("corrupt:3").content,
            ResponseContent::Corrupt { bits: 3, draw: 0 }
        );
        ["corrupt", "corrupt:3"]
            .into_iter()
            .for_each(assert_prints_back);
    }

    #[test]
    fn zero_or_too_many_bits_are_rejected() {
        for got in ["0", "1001", "99999999999"] {
            let text = format!("corrupt:{got}");
            assert_eq!(
                error(&text),
                format!("corrupt: expected 1 to 1000 bits, got `{got}`")
            );
        }
    }
}
