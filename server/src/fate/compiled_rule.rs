//! A rule with everything that can be prepared before the first request, and what it does to responses.

use crate::config::rule::Rule;
use crate::fate::fault::{FaultSpec, Faults};
use crate::fate::latency::Latency;
use crate::fate::request_info::RequestInfo;
use flagpole_protocol::{DrawPurpose, Fate, Resource, RngKey, RuleName, SpecError};
use rand::Rng as _;
use std::path::Path;
use std::time::Duration;

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
        let number = u16::try_from(index + 1).ok();
        let number = number.filter(|number| *number != ASKED_NUMBER);
        let number = number
            .ok_or_else(|| SpecError::expected("at most 65534 rules", &(index + 1).to_string()))?;
        let label = (rule.name.clone()).unwrap_or_else(|| default_label(index));
        let matching_resources = matching_resources(rule);
        Ok(CompiledRule {
            names_pages: rule.path.is_some() && !matching_resources.contains(&true),
            matching_resources,
            effect: Effect::new(label.as_str().into(), number, &rule.latency, &rule.faults)?,
            rule: rule.clone(),
        })
    }

    pub(crate) fn matches(&self, request: &RequestInfo<'_>) -> bool {
        let path_matches = match (
            &self.rule.path,
            request.key.resource().and_then(Resource::index),
        ) {
            (None, _) => true,
            (Some(_), Some(index)) => self.matching_resources[index],
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

fn matching_resources(rule: &Rule) -> Box<[bool]> {
    let Some(path) = &rule.path else {
        return Box::default();
    };
    Resource::every()
        .map(|resource| path.matches(resource.path()))
        .collect()
}

/// The number of the listener in random draws: rules have the numbers from 1, so that the listener's fates do not depend
/// on the number of rules.
pub(crate) const LISTENER_NUMBER: u16 = 0;

/// The number of what requests ask for in random draws; no rule has it.
pub(crate) const ASKED_NUMBER: u16 = u16::MAX;

/// What a rule, or the listener itself, does to responses: a latency and faults.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    /// The name of the rule in the journal.
    pub(crate) label: RuleName,
    /// The number of the rule in random draws.
    number: u16,
    latency: Latency,
    /// The delay, if it is always the same.
    constant_delay: Option<Duration>,
    pub(crate) faults: Faults,
    /// Whether a fault has a probability above 0%.
    has_faults: bool,
}

impl Effect {
    pub(crate) fn new(
        label: RuleName,
        number: u16,
        latency: &Latency,
        faults: &[FaultSpec],
    ) -> Result<Effect, SpecError> {
        let mut faults = faults.to_vec();
        for fault in &mut faults {
            fault.read_file(Path::new(""))?;
        }
        let faults = Faults::new(faults)?;
        Ok(Effect::from_faults(label, number, latency.clone(), faults))
    }

    /// An effect whose faults have read their files.
    pub(crate) fn from_faults(
        label: RuleName,
        number: u16,
        latency: Latency,
        faults: Faults,
    ) -> Effect {
        let (shortest, longest) = (latency.delay(0), latency.longest());
        Effect {
            label,
            number,
            latency,
            constant_delay: (shortest == longest).then_some(longest),
            has_faults: !faults.never(),
            faults,
        }
    }

    /// Whether no response is delayed or has a fault.
    pub(crate) fn is_clean(&self) -> bool {
        self.latency.is_zero() && !self.has_faults
    }

    /// The fate of request `request_number` (from 1) for a path.
    pub(crate) fn fate(&self, seed: u64, path: &str, request_number: u64) -> Fate {
        let mut fate = Fate {
            delay: self.constant_delay.unwrap_or_default(),
            ..Fate::default()
        };
        // A draw costs as much as all the rest, so no number is drawn that makes no difference.
        if self.constant_delay.is_some() && !self.has_faults {
            return fate;
        }
        let key = RngKey::new(seed, self.number, path, request_number);
        let draw = |purpose| key.rng(purpose).next_u64();
        if self.constant_delay.is_none() {
            fate.delay = self.latency.delay(draw(DrawPurpose::Delay));
        }
        if self.has_faults {
            let detail = || draw(DrawPurpose::FaultDetail);
            self.faults
                .inject(draw(DrawPurpose::Fault), detail, &mut fate);
        }
        fate
    }
}
