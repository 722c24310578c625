//! The fault family: defined failures of a response, one a file.
//!
//! A fault only edits a [`Fate`](flagpole_protocol::Fate). Which fault is injected is decided in
//! `injection`, by one draw against the cumulative probabilities.
//!
//! To add a member, write its file and add it to the modules and to [`FAMILY`].

mod corrupt;
mod cut;
mod dribble;
mod empty;
mod garbage;
mod hang;
mod redirect;
mod reset;
mod slow_head;
mod status;
mod trickle;

// What the members share.
mod injection;
mod member;
mod parameters;
mod spec;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod test_support;

use crate::config::spec::SpecError;
use parameters::FaultParameters;
use std::str::FromStr;

pub use injection::Faults;
pub use member::{Fault, FaultMember};
pub use spec::FaultSpec;

/// The known faults, in the order in which help and errors list them.
pub const FAMILY: &[FaultMember] = &[
    status::MEMBER,
    reset::MEMBER,
    cut::MEMBER,
    empty::MEMBER,
    hang::MEMBER,
    trickle::MEMBER,
    dribble::MEMBER,
    slow_head::MEMBER,
    corrupt::MEMBER,
    garbage::MEMBER,
    redirect::MEMBER,
];

impl FromStr for FaultSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (fault, probability) = text.rsplit_once('@').unwrap_or((text, "100%"));
        let probability = probability.parse()?;
        let (name, parameters) = match fault.split_once(':') {
            // A bare number is a status.
            _ if fault.starts_with(|first: char| first.is_ascii_digit()) => {
                (status::MEMBER.name, Some(fault))
            }
            Some((name, parameters)) => (name, Some(parameters)),
            None => (fault, None),
        };
        let known = || FAMILY.iter().map(|member| member.name);
        let member = FAMILY.iter().find(|member| member.name == name);
        let member = member.ok_or_else(|| SpecError::unknown("fault", name, known()))?;
        let mut fault = (member.parse)(FaultParameters::new(parameters));
        if let Err(error) = &mut fault {
            error.within(member.name);
        }
        Ok(FaultSpec::new(fault?, probability))
    }
}
