//! Judges what was observed in a load run by every check.

use super::{all_failed, ended_early};
use crate::load::figures::LoadFigures;
use crate::load::observed::ObservedLoad;
use crate::validity::{Validity, Verdict};
use std::cmp::Reverse;

impl Verdict {
    /// The verdict on a load run with these figures.
    pub(in crate::load) fn for_load(observed: &ObservedLoad, figures: &LoadFigures) -> Verdict {
        let mut reasons = Vec::new();
        reasons.extend(ended_early::check(observed));
        reasons.extend(all_failed::check(figures));
        reasons.sort_by_key(|reason| Reverse(reason.severity));
        let worst = reasons.first().map(|reason| reason.severity);
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons,
            unchecked: Vec::new(),
        }
    }
}
