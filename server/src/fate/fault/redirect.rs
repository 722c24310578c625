//! `redirect` or `redirect:3`: 302 to the same path forever, or a chain of redirects to the requested resource.
//!
//! The query of the `Location` names the request that follows, `?flagpole-hops=2&flagpole-nth=1`. No fault is drawn for
//! a request that follows a redirect, so that the chain has the given length.
//!
//! Parameter: the number of redirects in the chain, 1 to 1000.

use super::member::{Fault, FaultMember, FaultParameters, ParsedFault, number};
use flagpole_protocol::{Fate, ResponseContent};

/// The maximum number of hops in a chain.
const MAX_HOPS: u32 = 1000;

/// The number of redirects in the chain; `None` without an end.
#[derive(Debug)]
struct RedirectFault(Option<u32>);

impl Fault for RedirectFault {
    fn apply(&self, _draw: u64, fate: &mut Fate) {
        fate.content = ResponseContent::Redirect(self.0.map(|hops| hops - 1));
    }

    fn text(&self) -> String {
        match self.0 {
            None => "redirect".to_owned(),
            Some(hops) => format!("redirect:{hops}"),
        }
    }
}

pub(super) const MEMBER: FaultMember = FaultMember {
    name: "redirect",
    about: "endless redirects (302) to the same path, or N redirects before the response",
    example: "redirect:3",
    parse,
};

fn parse(parameters: &mut FaultParameters<'_>) -> ParsedFault {
    let hops = |text| number(text, 1..=MAX_HOPS, "1 to 1000 hops");
    let hops = parameters.next().map(hops).transpose()?;
    Ok(Box::new(RedirectFault(hops)))
}

#[cfg(test)]
mod tests {
    use crate::fate::fault::test_support::{assert_prints_back, error, fate_with};
    use flagpole_protocol::ResponseContent;

    #[test]
    fn the_fate_has_the_number_of_hops_that_follow() {
        assert_eq!(
            fate_with("redirect").content,
            ResponseContent::Redirect(None)
        );
        assert_eq!(
            fate_with("redirect:3").content,
            ResponseContent::Redirect(Some(2))
        );
        ["redirect", "redirect:3"]
            .into_iter()
            .for_each(assert_prints_back);
    }

    #[test]
    fn zero_or_too_many_hops_are_rejected() {
        for got in ["0", "1001", "x"] {
            let text = format!("redirect:{got}");
            assert_eq!(
                error(&text),
                format!("redirect: expected 1 to 1000 hops, got `{got}`")
            );
        }
    }
}
