//! The verdict on a comparison, as a result holds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

/// Whether figures can be used. The worst reason decides.
#[derive(
    Clone, Copy, Debug, Display, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Validity {
    /// Nothing contradicts the figures.
    Valid,
    /// The figures are what was measured, but may answer another question than the one asked.
    Suspect,
    /// The figures must not be used.
    Invalid,
}

/// Whether the figures of a cell can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// `VALID`, `SUSPECT` or `INVALID`.
    pub validity: Validity,
    /// Why not, the most severe reason first; empty if the figures are valid.
    pub reasons: Vec<ValidityIssue>,
    /// What could not be checked, and why, each as a sentence without a full stop: "lateness of the server: it
    /// reports no delays". It does not change the validity.
    #[serde(default)]
    pub unchecked: Vec<String>,
}

/// A reason to doubt figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValidityIssue {
    /// How severe the reason is: `SUSPECT` or `INVALID`.
    pub severity: Validity,
    /// The fixed name of the reason: `server_late`, `fates_differ`.
    pub label: String,
    /// The reason with its figures, as a sentence.
    pub message: String,
}

/// The label of the reason that a comparison was aborted.
const ABORTED: &str = "aborted";

impl ValidityIssue {
    /// The comparison was aborted.
    pub fn aborted(message: String) -> ValidityIssue {
        ValidityIssue::invalid(ABORTED, message)
    }

    /// Whether it is that the comparison was aborted: then other reasons can be its consequences.
    pub fn is_aborted(&self) -> bool {
        self.label == ABORTED
    }

    /// A reason for which figures must not be used. `message` is a sentence without a full stop.
    pub fn invalid(label: &str, message: String) -> ValidityIssue {
        ValidityIssue::new(Validity::Invalid, label, message)
    }

    pub(crate) fn suspect(label: &str, message: String) -> ValidityIssue {
        ValidityIssue::new(Validity::Suspect, label, message)
    }

    pub(crate) fn new(severity: Validity, label: &str, message: String) -> ValidityIssue {
        let label = label.to_owned();
        ValidityIssue {
            severity,
            label,
            message,
        }
    }
}
