//! A rule with everything that can be prepared before the first request.

use crate::config::rule::Rule;
use crate::fate::effect::Effect;
use crate::fate::request_info::RequestInfo;
use flagpole_protocol::{CountryCode, Resource, SpecError};

/// A rule, and the latency and faults that it applies.
#[derive(Clone, Debug)]
pub(crate) struct CompiledRule {
    rule: Rule,
    /// Whether the path of a resource matches the rule's glob, by the index of the resource, because globs are slow. Empty
    /// if the rule has no glob.
    matching_resources: Box<[bool]>,
    /// Whether the rule applies to the pages that its glob matches: not if the glob matches a flag or metadata as well.
    pub(crate) names_pages: bool,
    pub(crate) effect: Effect,
}

impl CompiledRule {
    /// Prepares the rule at an index (from 0) of its listener.
    pub(crate) fn new(index: usize, rule: &Rule) -> Result<CompiledRule, SpecError> {
        // 0 is `LISTENER_NUMBER`.
        let number = u16::try_from(index + 1).map_err(|_| too_many_rules())?;
        let label = (rule.name.clone()).unwrap_or_else(|| default_label(index));
        let matching_resources = matching_resources(rule);
        Ok(CompiledRule {
            names_pages: rule.path.is_some() && !matching_resources.contains(&true),
            matching_resources,
            effect: Effect::new(label.into(), number, &rule.latency, &rule.faults)?,
            rule: rule.clone(),
        })
    }

    pub(crate) fn matches(&self, request: &RequestInfo<'_>) -> bool {
        let path_matches = match (&self.rule.path, request.key.resource()) {
            (None, _) => true,
            (Some(_), Some(resource)) => self.matching_resources[resource.index()],
            (Some(path), None) => path.matches(request.key.as_str()),
        };
        path_matches
            && self
                .rule
                .method
                .as_ref()
                .is_none_or(|method| method == request.method)
            && self
                .rule
                .matches_number_and_time(request.request_number, request.elapsed)
    }
}

/// The name of the rule at an index (from 0) that has no other.
pub(crate) fn default_label(index: usize) -> String {
    format!("rule[{index}]")
}

fn too_many_rules() -> SpecError {
    SpecError::rule(format!("expected at most {} rules", u16::MAX))
}

fn matching_resources(rule: &Rule) -> Box<[bool]> {
    let Some(path) = &rule.path else {
        return Box::default();
    };
    CountryCode::every()
        .flat_map(|code| [Resource::Flag(code), Resource::Metadata(code)])
        .map(|resource| path.matches(resource.path()))
        .collect()
}
