//! The latency family: the kinds of latency, one per file. A latency is a distribution of delays with a cap,
//! the longest delay.
//!
//! A delay is computed from one draw, a random number, by the inverse distribution function. Members, the
//! entries of the list [`FAMILY`], use only `+ - * /`, comparisons and the pinned `libm` crate, so that a
//! draw gives the same delay on every platform: the logarithms and exponentials of the standard library
//! differ between platforms.
//!
//! To add a member, write its file and add it to the modules and to [`FAMILY`].

mod constant;
mod exponential;
mod lognormal;
mod mixture;
mod normal;
mod pareto;
mod quantiles;
mod uniform;

// Shared by the members.
mod inverse_normal;
mod member;
mod samples;
mod spec;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod oracle;

use flagpole_protocol::{SpecError, did_you_mean};
use spec::split_cap;
use std::str::FromStr;

pub use member::{Distribution, LatencyMember};
pub use spec::Latency;

/// The known latencies. Help and errors list them in this order: from simple to composed.
pub const FAMILY: &[LatencyMember] = &[
    constant::MEMBER,
    uniform::MEMBER,
    normal::MEMBER,
    lognormal::MEMBER,
    exponential::MEMBER,
    pareto::MEMBER,
    quantiles::MEMBER,
    mixture::MEMBER,
];

impl FromStr for Latency {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        if !text.contains(':')
            && let Some(meant) = suggestion(text)
        {
            let sentence = format!("unknown latency `{text}`; did you mean `{meant}`?");
            return Err(SpecError::rule(sentence));
        }
        let (name, parameters) = member::expand(text);
        let known = || FAMILY.iter().map(|member| member.name);
        let member = FAMILY
            .iter()
            .find(|member| member.name == name)
            .ok_or_else(|| SpecError::unknown("latency", name, known()))?;
        let (parameters, cap) = if member.takes_cap {
            split_cap(parameters)?
        } else {
            (parameters, None)
        };
        let distribution = (member.parse)(parameters)?.into();
        Ok(Latency { distribution, cap })
    }
}

/// Whether a specification may name a file, which is read while the specification is parsed. No other specification has
/// this ending of a name in it.
pub(crate) fn names_file(text: &str) -> bool {
    text.to_ascii_lowercase()
        .contains(&format!(".{}", samples::FILE_EXTENSION))
}

/// The specification that was probably meant by a text without a colon: a known name that lacks its colon or its
/// parameters.
fn suggestion(text: &str) -> Option<String> {
    let is_latency = |text: &String| text.parse::<Latency>().is_ok();
    let name_end = text.find([',', '=', ' ']).unwrap_or(text.len());
    let names = FAMILY.iter().map(|member| member.name);
    let name = did_you_mean(&text[..name_end], names)?;
    let parameters = text.get(name_end + 1..).unwrap_or_default();
    let with_colon = Some(format!("{name}:{parameters}")).filter(is_latency);
    let mut examples = FAMILY.iter().filter(|member| member.name == name);
    with_colon.or_else(|| examples.next().map(|member| member.example.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::oracle::error;
    use super::*;

    #[test]
    fn every_example_prints_back_to_itself() {
        for member in FAMILY {
            let latency: Latency = member.example.parse().unwrap();
            assert_eq!(latency.to_string(), member.example);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert_eq!(
            error("teapot:1s"),
            "unknown latency `teapot`; known: constant, uniform, normal, lognormal, exponential, \
             pareto, quantiles, mixture"
        );
    }

    #[test]
    fn a_bare_range_is_uniform() {
        let latency: Latency = "0.5s..5s,max=4s".parse().unwrap();
        assert_eq!(latency.to_string(), "uniform:500ms..5s,max=4s");
        let sentence = "the first duration must not exceed the second, got `5s..1s`";
        assert_eq!(error("5s..1s"), sentence);
    }

    #[test]
    fn the_latency_that_was_probably_meant_is_suggested() {
        for (text, meant) in [
            ("uniform,1s..2s", "uniform:1s..2s"),
            ("exponential,50ms", "exponential:50ms"),
            ("uniform", "uniform:500ms..5s"),
            ("expo=50ms", "exponential:50ms"),
        ] {
            let sentence = format!("unknown latency `{text}`; did you mean `{meant}`?");
            assert_eq!(error(text), sentence);
        }
        let sentence = "unknown latency `unifrom`; did you mean `uniform`?";
        assert_eq!(error("unifrom:1s..2s"), sentence);
        assert!(error("fast").starts_with("expected a duration"));
    }

    #[test]
    fn only_a_latency_without_delays_is_zero() {
        assert!("0".parse::<Latency>().unwrap().is_zero());
        assert!(Latency::default().is_zero());
        for member in FAMILY {
            assert!(!member.example.parse::<Latency>().unwrap().is_zero());
        }
    }

    #[test]
    fn the_documentation_has_a_row_for_each_member() {
        let page = include_str!("../../../../docs/latencies.md");
        for member in FAMILY {
            let example = member.example.replace('|', "\\|");
            let is_row = |line: &&str| {
                line.starts_with(&format!("| `{}`", member.name)) && line.contains(&example)
            };
            assert_eq!(page.lines().filter(is_row).count(), 1, "{}", member.name);
        }
    }
}
