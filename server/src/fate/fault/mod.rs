//! The fault family: the kinds of fault, deliberate failures of a response, one per file.
//!
//! A fault only edits a [`Fate`](flagpole_protocol::Fate), the plain data that says all that will happen to
//! one response; `net` carries the fate out. One random number decides which fault of a rule is injected
//! (see `Faults`).
//!
//! The specification of a fault is `NAME:PARAMETERS@PROBABILITY`, such as `hang:700,for=5s@10%`. Parameters
//! and probability may be missing, and `404` is short for `status:404`. `quoting` says how a parameter contains any text.
//!
//! To add a kind, write its file with a `MEMBER`, and add it to the modules and to [`FAMILY`].

mod chunked;
mod content_length;
mod corrupt;
mod cut;
mod dribble;
mod early_response;
mod empty;
mod garbage;
mod hang;
mod interim;
mod redirect;
mod reset;
mod slow_head;
mod slow_upload;
mod stale;
mod stall;
mod status;
mod trickle;
mod until_close;

// Shared by the members.
mod body_file;
mod field;
mod member;
mod quoting;
mod spec;

#[cfg(test)]
mod contract;
#[cfg(test)]
pub(crate) mod test_support;

use flagpole_protocol::SpecError;
use member::FaultParameters;
use std::str::FromStr;

pub use member::{Fault, FaultMember};
pub(crate) use quoting::split_parameters;
pub use spec::{FaultSpec, Faults};

/// The known faults. Help and errors list them in this order: the most used first, then by what they change.
pub const FAMILY: &[FaultMember] = &[
    status::MEMBER,
    reset::MEMBER,
    cut::MEMBER,
    empty::MEMBER,
    hang::MEMBER,
    stall::MEMBER,
    trickle::MEMBER,
    dribble::MEMBER,
    slow_head::MEMBER,
    corrupt::MEMBER,
    garbage::MEMBER,
    redirect::MEMBER,
    chunked::MEMBER,
    until_close::MEMBER,
    content_length::MEMBER,
    interim::MEMBER,
    stale::MEMBER,
    early_response::MEMBER,
    slow_upload::MEMBER,
];

// Here and not beside `FaultSpec`, because parsing needs the list, and members use `spec` themselves.
impl FromStr for FaultSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (fault, probability) = quoting::split_probability(text)?;
        let probability = probability.unwrap_or("100%").parse()?;
        let (name, parameters) = match fault.split_once(':') {
            // No name begins with a digit, so this is a status without its name.
            _ if fault.starts_with(|first: char| first.is_ascii_digit()) => {
                (status::MEMBER.name, Some(fault))
            }
            Some((name, parameters)) => (name, Some(parameters)),
            None => (fault, None),
        };
        let names = FAMILY.iter().map(|member| member.name);
        let Some(member) = FAMILY.iter().find(|member| member.name == name) else {
            let with_colon = fault.replacen([',', '='], ":", 1);
            if with_colon == fault || with_colon.parse::<FaultSpec>().is_err() {
                return Err(SpecError::unknown("fault", name, names));
            }
            let sentence = format!("unknown fault `{fault}`; did you mean `{with_colon}`?");
            return Err(SpecError::rule(sentence));
        };
        let mut parameters = FaultParameters::new(parameters);
        let fault = (member.parse)(&mut parameters);
        let fault = fault.and_then(|fault| parameters.end().map(|()| fault));
        let fault = fault.map_err(|error| error.within(member.name))?;
        Ok(FaultSpec::new(fault, probability))
    }
}
