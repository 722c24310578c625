//! The rules of a listener: which rule matches a request, and the fate that follows. A fate is all that will happen
//! to one response.

use crate::config::listener::Listener;
use crate::fate::asked::ASKED;
use crate::fate::compiled_rule::{CompiledRule, Effect, LISTENER_NUMBER};
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use crate::fate::request_info::{Decision, FateSource, RequestInfo};
use flagpole_protocol::{Fate, FateKey, RuleName, SpecError};
use std::time::Duration;

/// The rules of one listener under one seed. The first rule that matches a request decides delay and fault; if no rule
/// matches, the listener's own latency and faults do.
#[derive(Clone, Debug)]
pub struct RuleSet {
    seed: u64,
    rules: Vec<CompiledRule>,
    /// Applies if no rule matches.
    listener_effect: Effect,
}

impl RuleSet {
    /// The rules of a listener.
    ///
    /// # Errors
    /// If the probabilities of the faults of a rule add up to more than 100%, or if a file that a fault names as its body
    /// cannot be read.
    pub fn new(seed: u64, listener: &Listener) -> Result<RuleSet, SpecError> {
        let rules = listener.rules.iter().enumerate();
        Ok(RuleSet {
            seed,
            rules: rules
                .map(|(index, rule)| CompiledRule::new(index, rule))
                .collect::<Result<_, _>>()?,
            listener_effect: Effect::new(
                RuleName::LISTENER,
                LISTENER_NUMBER,
                &listener.latency,
                &listener.faults,
            )?,
        })
    }

    /// A rule set of a latency and faults for all requests, without rules.
    ///
    /// # Errors
    /// If the probabilities of the faults add up to more than 100%, or if a file that a fault names as its body cannot be
    /// read.
    pub fn without_rules(
        seed: u64,
        latency: Latency,
        faults: Vec<FaultSpec>,
    ) -> Result<RuleSet, SpecError> {
        let listener = Listener {
            latency,
            faults,
            ..Listener::default()
        };
        RuleSet::new(seed, &listener)
    }

    /// Whether no response is delayed or has a fault, because there are no rules and the listener has neither latency nor
    /// faults.
    pub fn is_clean(&self) -> bool {
        self.rules.is_empty() && self.listener_effect.is_clean()
    }

    /// Finds the first rule that matches, and the fate under that rule. The result depends only on seed, rules and
    /// request; `elapsed` of the request matters only to rules with a time window.
    pub fn decide(&self, request: &RequestInfo<'_>) -> Decision {
        let rule = self.rules.iter().position(|rule| rule.matches(request));
        self.decision(rule, request)
    }

    /// Decides about a request for the page of flags, the index or a redirect to the page: only a rule whose glob matches
    /// it, and no flag or metadata, delays it or injects a fault.
    pub(crate) fn decide_page(&self, request: &RequestInfo<'_>) -> Decision {
        let mut rules = self.rules.iter();
        let rule = rules.position(|rule| rule.names_pages && rule.matches(request));
        rule.map_or_else(Decision::default, |index| {
            self.decision(Some(index), request)
        })
    }

    fn decision(&self, rule: Option<usize>, request: &RequestInfo<'_>) -> Decision {
        let (source, effect) = match rule {
            None => (FateSource::Listener, &self.listener_effect),
            Some(index) => (FateSource::Rule(index), &self.rules[index].effect),
        };
        let fate = effect.fate(self.seed, request.key.as_str(), request.request_number);
        Decision { source, fate }
    }

    /// Decides about a request that asks for its fate.
    pub(crate) fn decide_asked(&self, asked: &Effect, request: &RequestInfo<'_>) -> Decision {
        Decision {
            source: FateSource::Asked,
            fate: asked.fate(self.seed, request.key.as_str(), request.request_number),
        }
    }

    /// The name in the journal: that of a rule is the given name, or `rule[0]` and so on; `listener` without a rule.
    pub fn label(&self, source: &FateSource) -> RuleName {
        match source {
            FateSource::Listener => self.listener_effect.label.clone(),
            FateSource::Rule(index) => self.rules[*index].effect.label.clone(),
            FateSource::Asked => RuleName::Constant(ASKED),
            FateSource::Chain(label) => label.clone(),
        }
    }

    /// The fate of a GET request at the start of the server, when no time has elapsed. `key` is the normalised path;
    /// `request_number` counts the requests for the key, from 1.
    pub fn fate(&self, key: &FateKey, request_number: u64) -> Fate {
        let request = RequestInfo::get(key, request_number, Duration::ZERO);
        self.decide(&request).fate
    }
}

#[cfg(test)]
mod tests;
