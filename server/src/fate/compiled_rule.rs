//! A rule, prepared for matching requests.

use crate::config::rule::Rule;
use crate::config::spec::SpecError;
use crate::fate::effect::Effect;
use crate::fate::request_info::RequestInfo;
use flagpole_protocol::{CountryCode, Resource};

/// A rule and its effect.
#[derive(Clone, Debug)]
pub(crate) struct CompiledRule {
    rule: Rule,
    /// Whether the path of a resource matches, by the resource's index: globs are slow. Empty without a glob.
    matching_resources: Box<[bool]>,
    pub(crate) effect: Effect,
}

impl CompiledRule {
    /// The rule with this number, from 1.
    pub(crate) fn new(number: u32, rule: &Rule) -> Result<CompiledRule, SpecError> {
        let label = rule
            .name
            .clone()
            .unwrap_or_else(|| format!("rule[{}]", number - 1));
        Ok(CompiledRule {
            matching_resources: matching_resources(rule),
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
            && self.rule.is_due(request.request_number, request.elapsed)
    }
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
