//! The strategies of an experiment, with their transports and policies.

use super::experiment::Experiment;
use crate::options::policy_config::PolicyConfig;
use crate::options::strategy_names;
use anyhow::{Result, anyhow, bail};
use flagpole_client::{Policy, Strategy, Transport, strategy, transport};

/// The default strategies: the three ways of downloading that docs/article.md compares.
const DEFAULT_STRATEGIES: [&str; 3] = ["sequential", "threads", "async"];

/// A strategy with a transport and a policy.
pub(crate) struct StrategyVariant {
    /// The name of the strategy; followed by the names of the transport and the policy where several are compared.
    pub(crate) name: String,
    pub(crate) strategy: &'static dyn Strategy,
    pub(crate) transport: &'static dyn Transport,
    pub(crate) policy: PolicyConfig,
}

impl StrategyVariant {
    /// The policy, as for a concurrency of 2: the check that hedging needs two connections does not apply, because a
    /// sequential strategy in a comparison ignores `hedge`.
    pub(crate) fn policy(&self) -> Result<Policy> {
        self.policy.policy(2)
    }
}

impl Experiment {
    /// Every strategy with every transport that it supports and every policy.
    pub(crate) fn strategy_variants(&self) -> Result<Vec<StrategyVariant>> {
        let (strategies, transports) = (self.strategies(), self.transports());
        let policies = self.merged_policies()?;
        let mut variants = Vec::new();
        for strategy in strategies {
            for &transport in &transports {
                if !strategy_names::supports(strategy, transport) {
                    if transports.len() > 1 {
                        continue;
                    }
                    let (strategy, transport) = (strategy.name(), transport.name());
                    bail!("--transport: `{strategy}` does not work with `{transport}`");
                }
                let shown = (transports.len() > 1).then_some(transport.name());
                variants.extend(policies.iter().map(|(name, policy)| StrategyVariant {
                    name: variant_name(strategy.name(), shown, *name),
                    strategy,
                    transport,
                    policy: policy.clone(),
                }));
            }
        }
        Ok(variants)
    }

    fn strategies(&self) -> Vec<&'static dyn Strategy> {
        if self.grid.strategies.is_empty() {
            let defaults = DEFAULT_STRATEGIES.iter();
            let by_name = |name| strategy::by_name(name).expect("a default strategy exists");
            return defaults.copied().map(by_name).collect();
        }
        self.grid.strategies.iter().map(|one| one.0.0).collect()
    }

    fn transports(&self) -> Vec<&'static dyn Transport> {
        if self.grid.transports.is_empty() {
            return vec![transport::ALL[0]];
        }
        self.grid.transports.iter().map(|one| one.0.0).collect()
    }

    /// The policies to compare, merged over the common policy; the policy with the fewest options is first.
    fn merged_policies(&self) -> Result<Vec<(Option<&str>, PolicyConfig)>> {
        if self.policies.is_empty() {
            return Ok(vec![(None, self.policy.clone())]);
        }
        let mut policies: Vec<_> = self.policies.iter().collect();
        policies.sort_by_key(|(_, policy)| policy.len());
        let merge = |(name, policy): (&'_ String, &PolicyConfig)| {
            let merged = policy.merged_over(&self.policy);
            merged.map_err(|error| anyhow!("policies.{name}: {error}"))
        };
        let names = policies.iter().map(|(name, _)| Some(name.as_str()));
        let merged: Result<Vec<_>> = policies.iter().copied().map(merge).collect();
        Ok(names.zip(merged?).collect())
    }
}

fn variant_name(strategy: &str, transport: Option<&str>, policy: Option<&str>) -> String {
    let parts = [Some(strategy), transport, policy];
    parts.into_iter().flatten().collect::<Vec<_>>().join("+")
}
