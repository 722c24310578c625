//! A text or a list of texts, in files of targets and scenarios.

use serde::Deserialize;

/// One or several values, such as those of a field.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(crate) enum OneOrSeveral {
    One(String),
    Several(Vec<String>),
}

impl OneOrSeveral {
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            OneOrSeveral::One(value) => std::slice::from_ref(value),
            OneOrSeveral::Several(values) => values,
        }
    }
}
