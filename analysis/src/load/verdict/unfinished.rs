//! `unfinished`: requests had not ended when the run ended.

use crate::human::{grouped, percent};
use crate::load::figures::{LoadFigures, share};
use crate::validity::{Validity, ValidityIssue};

/// The share of the requests above which high percentiles are only lower bounds.
const SUSPECT_SHARE: f64 = 0.01;
/// The share above which the median is.
const INVALID_SHARE: f64 = 0.5;

pub(super) fn check(figures: &LoadFigures) -> Option<ValidityIssue> {
    let share = share(figures.unfinished, figures.requests);
    let severity = match share {
        share if share > INVALID_SHARE => Validity::Invalid,
        share if share > SUSPECT_SHARE => Validity::Suspect,
        _ => return None,
    };
    let message = format!(
        "{} requests ({}) had not ended when the run ended, and count as long as they lasted; ask for a longer run (`-z`), or \
         wait longer for the last ones (`--grace`)",
        grouped(figures.unfinished),
        percent(share)
    );
    Some(ValidityIssue::new(severity, "unfinished", message))
}
