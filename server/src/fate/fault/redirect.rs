//! `redirect`, `redirect:3`: 302 with a `Location`. Without a number it leads to itself,
//! for ever; with one, over so many redirects in all to what was asked for.
//!
//! The hops still to come stand in the query, `?flagpole-hops=2`; a request that carries them is not
//! judged anew, so that the chain has the length that was asked for.

use super::parameters::{Parameters, number};
use super::{Fault, Member, Parsed};
use crate::config::spec::SpecError;
use flagpole_protocol::{Fate, ResponseContent};
use std::fmt;
use std::sync::Arc;

/// The most hops in a chain.
const MOST: u32 = 1000;

/// The redirects in all; `None` for ever.
#[derive(Debug)]
struct Redirect(Option<u32>);

impl Fault for Redirect {
    fn strike(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Redirect(self.0.map(|hops| hops - 1));
    }
}

impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("redirect"),
            Some(hops) => write!(f, "redirect:{hops}"),
        }
    }
}

pub(crate) const MEMBER: Member = Member {
    name: "redirect",
    about: "302 to itself for ever, or over so many hops to what was asked for",
    example: "redirect:3",
    parse,
};

fn parse(mut parameters: Parameters<'_>) -> Parsed {
    let what = "1 to 1000 hops";
    let hops = match parameters.next() {
        None => None,
        Some(text) => Some(number(text, 1, what)?)
            .filter(|hops| *hops <= MOST)
            .ok_or_else(|| SpecError::expected(what, text))
            .map(Some)?,
    };
    parameters.end()?;
    Ok(Arc::new(Redirect(hops)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::tests::{reads_back, refused, struck};
    use flagpole_protocol::ResponseContent;

    #[test]
    fn the_fate_has_the_hops_that_follow() {
        assert_eq!(struck("redirect").content, ResponseContent::Redirect(None));
        assert_eq!(
            struck("redirect:3").content,
            ResponseContent::Redirect(Some(2))
        );
        ["redirect", "redirect:3"].into_iter().for_each(reads_back);
    }

    #[test]
    fn a_chain_has_an_end() {
        for got in ["0", "1001", "x"] {
            let text = format!("redirect:{got}");
            assert_eq!(
                refused(&text),
                format!("redirect: expected 1 to 1000 hops, got `{got}`")
            );
        }
    }
}
