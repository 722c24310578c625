//! A fault with its probability.

use super::member::Fault;
use crate::fate::probability::Probability;
use flagpole_protocol::{Fate, Pace};
use std::fmt;
use std::sync::Arc;

/// A fault and its probability, parsed from `404@5%`; `404` alone is injected into every response.
#[derive(Clone, Debug)]
pub struct FaultSpec {
    pub(super) fault: Arc<dyn Fault>,
    /// The specification without the probability.
    pub(super) label: Arc<str>,
    pub(super) probability: Probability,
}

impl FaultSpec {
    pub(super) fn new(fault: Arc<dyn Fault>, probability: Probability) -> FaultSpec {
        let label = fault.to_string().into();
        FaultSpec {
            fault,
            label,
            probability,
        }
    }

    /// Whether a response with this fault never ends unless the peer leaves.
    pub fn is_endless(&self) -> bool {
        let mut fate = Fate::default();
        self.fault.apply(0, &mut fate);
        matches!(fate.pace, Pace::Pause(_, None)) && self.probability > Probability::NEVER
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.label, self.probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hang_without_a_time_is_endless() {
        let is_endless = |text: &str| text.parse::<FaultSpec>().unwrap().is_endless();
        assert!(is_endless("hang@1%") && is_endless("hang:700"));
        assert!(!is_endless("hang@0%") && !is_endless("hang:for=1h") && !is_endless("reset"));
    }
}
