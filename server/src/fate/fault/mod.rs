//! The fault family: ways for an answer to go wrong, one a file.
//!
//! A fault only edits a [`Fate`]; chance is decided here, outside the faults, by one draw against
//! cumulative odds, so that at most one strikes and each as often as configured. To add one, write
//! its file and name it twice below.

mod corrupt;
mod cut;
mod dribble;
mod empty;
mod garbage;
mod hang;
mod parameters;
mod redirect;
mod reset;
mod slow_head;
mod status;
mod trickle;

use crate::config::spec::SpecError;
use crate::fate::probability::Probability;
use flagpole_protocol::{Fate, Pace, ResponseContent};
use parameters::Parameters;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The known faults, in the order in which help and errors list them.
pub const FAMILY: &[Member] = &[
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

/// What a fault can do. `Display` writes its specification without the odds.
pub trait Fault: fmt::Display + fmt::Debug + Send + Sync {
    /// Makes the fate that of an answer struck by this fault. `draw` is for faults that have a choice
    /// of their own.
    fn strike(&self, draw: u64, fate: &mut Fate);
}

/// An entry of the family.
pub struct Member {
    /// The word before the colon.
    pub name: &'static str,
    /// One line of what it does on the wire.
    pub about: &'static str,
    /// A specification to try, without odds.
    pub example: &'static str,
    parse: fn(Parameters<'_>) -> Parsed,
}

type Parsed = Result<Arc<dyn Fault>, SpecError>;

/// A fault and how often it strikes: `404@5%`, or `404` for always.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    fault: Arc<dyn Fault>,
    label: Arc<str>,
    odds: Probability,
}

impl FaultSpec {
    /// Whether an answer that this fault strikes never ends unless the peer leaves.
    pub fn is_endless(&self) -> bool {
        let mut fate = Fate::default();
        self.fault.strike(0, &mut fate);
        matches!(fate.pace, Pace::Pause(_, None)) && self.odds > Probability::NEVER
    }
}

impl FromStr for FaultSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let (what, odds) = text.rsplit_once('@').unwrap_or((text, "100%"));
        let odds = odds.parse()?;
        let (name, parameters) = match what.split_once(':') {
            // A bare number is a status.
            _ if what.starts_with(|first: char| first.is_ascii_digit()) => {
                (status::MEMBER.name, Some(what))
            }
            Some((name, parameters)) => (name, Some(parameters)),
            None => (what, None),
        };
        let known = || FAMILY.iter().map(|member| member.name);
        let member = FAMILY.iter().find(|member| member.name == name);
        let member = member.ok_or_else(|| SpecError::unknown("fault", name, known()))?;
        let mut fault = (member.parse)(Parameters::of(parameters));
        if let Err(error) = &mut fault {
            error.within(member.name);
        }
        let fault = fault?;
        let label = fault.to_string().into();
        Ok(FaultSpec { fault, label, odds })
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.fault, self.odds)
    }
}

/// The faults of one rule; their odds add up to at most 100%.
#[derive(Clone, Debug, Default)]
pub struct Faults(Vec<FaultSpec>);

impl Faults {
    /// The faults in the order given.
    ///
    /// # Errors
    /// If the odds add up to more than 100%.
    pub fn new(specs: Vec<FaultSpec>) -> Result<Faults, SpecError> {
        let total: Probability = specs.iter().map(|spec| spec.odds).sum();
        if total > Probability::ALWAYS {
            return Err(SpecError::rule(format!(
                "the odds of all faults add up to at most 100%, got `{total}`"
            )));
        }
        Ok(Faults(specs))
    }

    /// Whether none can ever strike.
    pub fn never(&self) -> bool {
        self.0.iter().all(|spec| spec.odds == Probability::NEVER)
    }

    /// The fault whose chain of redirects has a hop with so many others behind it.
    pub(crate) fn chain(&self, hops: Option<u32>) -> Option<Arc<str>> {
        let has_hop = |spec: &&FaultSpec| {
            let mut fate = Fate::default();
            spec.fault.strike(0, &mut fate);
            match (fate.content, hops) {
                (ResponseContent::Redirect(Some(most)), Some(hops)) => hops <= most,
                (ResponseContent::Redirect(None), None) => true,
                _ => false,
            }
        };
        self.0.iter().find(has_hop).map(|spec| spec.label.clone())
    }

    /// Lets at most one fault strike, by one draw against the cumulative odds; the other draw is for
    /// what the fault itself has to choose.
    pub fn strike(&self, draw: u64, detail: u64, fate: &mut Fate) {
        let mut cumulative = Probability::NEVER;
        for spec in &self.0 {
            cumulative = cumulative + spec.odds;
            if cumulative.strikes(draw) {
                fate.fault = Some(spec.label.clone());
                spec.fault.strike(detail, fate);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The fate of an answer that a fault of this specification strikes.
    pub(crate) fn struck(spec: &str) -> Fate {
        let mut fate = Fate::default();
        faults(&[spec]).unwrap().strike(u64::MAX, 0, &mut fate);
        fate
    }

    /// The sentence with which a specification is refused.
    pub(crate) fn refused(text: &str) -> String {
        text.parse::<FaultSpec>().unwrap_err().to_string()
    }

    pub(crate) fn reads_back(text: &str) {
        let spec: FaultSpec = text.parse().unwrap();
        assert_eq!(spec.to_string(), format!("{text}@100%"));
    }

    fn faults(specs: &[&str]) -> Result<Faults, SpecError> {
        Faults::new(specs.iter().map(|spec| spec.parse().unwrap()).collect())
    }

    #[test]
    fn every_example_prints_back_to_itself() {
        for member in FAMILY {
            let spec: FaultSpec = format!("{}@12.5%", member.example).parse().unwrap();
            assert_eq!(spec.to_string(), format!("{}@12.5%", member.example));
        }
    }

    #[test]
    fn every_fault_changes_the_fate_and_says_its_name() {
        for member in FAMILY {
            let fate = struck(member.example);
            assert_eq!(fate.fault.as_deref(), Some(member.example));
            assert_ne!(
                Fate {
                    fault: None,
                    ..fate
                },
                Fate::default(),
                "{}",
                member.name
            );
        }
    }

    #[test]
    fn only_a_hang_without_a_time_is_endless() {
        let endless = |text: &str| text.parse::<FaultSpec>().unwrap().is_endless();
        assert!(endless("hang@1%") && endless("hang:700"));
        assert!(!endless("hang@0%") && !endless("hang:for=1h") && !endless("reset"));
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        assert_eq!(
            refused("teapod@5%"),
            "unknown fault `teapod`; known: status, reset, cut, empty, hang, trickle, dribble, \
             slow-head, corrupt, garbage, redirect"
        );
    }

    #[test]
    fn odds_over_a_hundred_per_cent_in_all_are_refused() {
        assert!(faults(&["404@33.3%", "500@33.3%", "503@33.4%"]).is_ok());
        let error = faults(&["404@60%", "500@40.000001%"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the odds of all faults add up to at most 100%, got `100.000001%`"
        );
    }

    #[test]
    fn nothing_strikes_at_nought_and_everything_at_a_hundred() {
        for draw in [0, 1 << 63, u64::MAX] {
            for member in FAMILY {
                let mut fate = Fate::default();
                let never = format!("{}@0%", member.example);
                faults(&[&never]).unwrap().strike(draw, 0, &mut fate);
                assert_eq!(fate, Fate::default());
                faults(&[member.example])
                    .unwrap()
                    .strike(draw, 0, &mut fate);
                assert_eq!(fate.fault.as_deref(), Some(member.example));
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_read_reads_back(text in "(status|reset|cut|empty|hang|trickle|dribble|slow-head|corrupt|garbage|redirect|[0-9]{1,4})?:?[0-9a-z%,=.@-]{0,12}") {
            if let Ok(spec) = text.parse::<FaultSpec>() {
                let printed = spec.to_string();
                prop_assert_eq!(printed.parse::<FaultSpec>().unwrap().to_string(), printed);
            }
        }
    }
}
