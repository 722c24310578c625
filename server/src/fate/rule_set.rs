//! The rules of a listener: which one decides about a request, and the fate that follows from it.

use crate::config::listener::Listener;
use crate::config::spec::SpecError;
use crate::fate::compiled_rule::CompiledRule;
use crate::fate::effect::Effect;
use crate::fate::fault::FaultSpec;
use crate::fate::latency::Latency;
use crate::fate::request_info::{Decision, RequestInfo};
use flagpole_protocol::{Fate, FateKey, ResponseContent};
use http::Method;
use std::sync::Arc;
use std::time::Duration;

/// The name of the listener in the journal, where no rule matches.
const LISTENER: &str = "listener";

/// The rules of one listener under one seed. The first rule that matches decides everything; the listener itself
/// decides where none matches.
#[derive(Clone, Debug)]
pub struct RuleSet {
    seed: u64,
    rules: Vec<CompiledRule>,
    listener: Effect,
}

impl RuleSet {
    /// The rules of a listener.
    ///
    /// # Errors
    /// If the probabilities of the faults of a rule add up to more than 100%.
    pub fn new(seed: u64, listener: &Listener) -> Result<RuleSet, SpecError> {
        let rules = listener.rules.iter().enumerate();
        Ok(RuleSet {
            seed,
            rules: rules
                .map(|(index, rule)| CompiledRule::new(index, rule))
                .collect::<Result<_, _>>()?,
            listener: Effect::new(LISTENER.into(), 0, &listener.latency, &listener.faults)?,
        })
    }

    /// A listener with this latency and these faults, and without rules.
    ///
    /// # Errors
    /// If the probabilities of the faults add up to more than 100%.
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

    /// Whether every response is clean and there are no rules, so that nothing has to be decided.
    pub fn is_clean(&self) -> bool {
        self.rules.is_empty() && self.listener.is_clean()
    }

    /// The fate of a request: a pure function, unless a rule has a time window.
    pub fn decide(&self, request: &RequestInfo<'_>) -> Decision {
        let rule = self.rules.iter().position(|rule| rule.matches(request));
        let effect = self.effect(rule);
        Decision {
            rule,
            fate: effect.fate(self.seed, request.key.as_str(), request.request_number),
        }
    }

    /// The name of a rule in the journal: its own, or `rule[0]` and so on; `listener` for none.
    pub fn label(&self, rule: Option<usize>) -> Arc<str> {
        self.effect(rule).label.clone()
    }

    fn effect(&self, rule: Option<usize>) -> &Effect {
        rule.map_or(&self.listener, |rule| &self.rules[rule].effect)
    }

    /// The fate of GET request `request_number` (from 1) for a key, at the start of the server.
    pub fn fate(&self, key: &FateKey, request_number: u64) -> Fate {
        let request = RequestInfo {
            method: &Method::GET,
            key,
            request_number,
            elapsed: Duration::ZERO,
        };
        self.decide(&request).fate
    }

    /// The fate of a request within a chain of redirects with `hops` further ones (`None`: without end): delayed as
    /// decided, but no fault is injected again. The fate is unchanged if no fault of this listener has such a chain.
    pub(crate) fn within_chain(&self, fate: Fate, hops: Option<u32>) -> Fate {
        let Some(label) = (self.effects()).find_map(|effect| effect.faults.redirect_chain(hops))
        else {
            return fate;
        };
        let clean = Fate {
            delay: fate.delay,
            ..Fate::default()
        };
        match hops {
            Some(0) => clean,
            _ => Fate {
                fault: Some(label),
                content: ResponseContent::Redirect(hops.map(|hops| hops - 1)),
                ..clean
            },
        }
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        let rules = self.rules.iter().map(|rule| &rule.effect);
        rules.chain([&self.listener])
    }
}

#[cfg(test)]
mod tests;
