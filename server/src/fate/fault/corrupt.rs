//! `corrupt`, `corrupt:3`: so many bits of the body are flipped, one without a number; `ResponseContent-Digest`
//! and all other fields stay those of the true body.
//!
//! An answer without a body stays as it is.

use super::parameters::{Parameters, number};
use super::{Fault, Member, Parsed};
use crate::config::spec::SpecError;
use flagpole_protocol::{Fate, ResponseContent};
use std::fmt;
use std::sync::Arc;

/// The most bits: each is drawn for itself while others wait.
const MOST: u32 = 1000;

/// How many bits, at least one.
#[derive(Debug)]
struct Corrupt(u32);

impl Fault for Corrupt {
    fn strike(&self, draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Corrupt { bits: self.0, draw };
    }
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("corrupt"),
            bits => write!(f, "corrupt:{bits}"),
        }
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "corrupt",
    about: "so many bits of the body flipped, the digest that of the true body",
    example: "corrupt:3",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let what = "1 to 1000 bits";
    let text = parameters.next().unwrap_or("1");
    let bits = number(text, 1, what)?;
    if bits > MOST {
        return Err(SpecError::expected(what, text));
    }
    parameters.end()?;
    Ok(Arc::new(Corrupt(bits)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{reads_back, refused, struck};
    use flagpole_protocol::ResponseContent;

    #[test]
    fn the_fate_has_the_bits_and_where_they_are() {
        assert_eq!(
            struck("corrupt:3").content,
            ResponseContent::Corrupt { bits: 3, draw: 0 }
        );
        ["corrupt", "corrupt:3"].into_iter().for_each(reads_back);
    }

    #[test]
    fn no_bit_is_no_corruption_and_too_many_are_refused() {
        for got in ["0", "1001", "99999999999"] {
            let text = format!("corrupt:{got}");
            assert_eq!(
                refused(&text),
                format!("corrupt: expected 1 to 1000 bits, got `{got}`")
            );
        }
    }
}
