//! The keys of a scenario file.

use crate::workload::expectation::StatusSet;
use crate::workload::targets::one_or_several::OneOrSeveral;
use crate::workload::think_time::ThinkTime;
use flagpole_protocol::{ContentDigest, TextOrNumber};
use http::Method;
use serde::Deserialize;
use serde_with::{As, DisplayFromStr};
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioDocument {
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    pub(super) think: Option<ThinkTime>,
    #[serde(default)]
    pub(super) variables: BTreeMap<Spanned<String>, Spanned<OneOrSeveral>>,
    #[serde(rename = "step")]
    pub(super) steps: Vec<StepDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepDocument {
    pub(super) name: Option<String>,
    pub(super) url: Spanned<String>,
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    pub(super) method: Option<Method>,
    #[serde(default)]
    pub(super) fields: BTreeMap<Spanned<String>, Spanned<OneOrSeveral>>,
    pub(super) body: Option<Spanned<String>>,
    pub(super) body_file: Option<Spanned<String>>,
    #[serde(default, with = "As::<Option<TextOrNumber>>")]
    pub(super) expect_status: Option<StatusSet>,
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    pub(super) expect_digest: Option<ContentDigest>,
    pub(super) expect_body: Option<String>,
    #[serde(default)]
    pub(super) extract: BTreeMap<Spanned<String>, Spanned<ExtractDocument>>,
    #[serde(default, with = "As::<Option<DisplayFromStr>>")]
    pub(super) think: Option<ThinkTime>,
}

/// Exactly one of both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtractDocument {
    pub(super) json: Option<String>,
    pub(super) field: Option<String>,
}
