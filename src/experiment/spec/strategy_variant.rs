//! The strategies of an experiment, with their policies.

use super::experiment::Experiment;
use crate::options::policy::PolicyOptions;
use anyhow::{Result, anyhow};
use flagpole_client::{Policy, Strategy, strategy};

/// The default strategies: the three ways of downloading that docs/article.md compares.
const DEFAULT_STRATEGIES: [&str; 3] = ["sequential", "threads", "async"];

/// A strategy with a policy.
pub(crate) struct StrategyVariant {
    /// The name of the strategy; followed by the name of the policy where several are compared.
    pub(crate) name: String,
    pub(crate) strategy: &'static dyn Strategy,
    pub(crate) policy: PolicyOptions,
}

impl StrategyVariant {
    /// The policy, as for a concurrency of 2: the check that hedging needs two connections does not apply, because a
    /// sequential strategy in a comparison ignores `hedge`.
    pub(crate) fn policy(&self) -> Result<Policy> {
        self.policy.policy(2)
    }
}

impl Experiment {
    /// Every strategy with every policy.
    pub(crate) fn strategy_variants(&self) -> Result<Vec<StrategyVariant>> {
        let policies = self.merged_policies()?;
        let variants = self.strategies().into_iter().flat_map(|strategy| {
            policies.iter().map(move |(name, policy)| StrategyVariant {
                name: match name {
                    Some(name) => format!("{}+{name}", strategy.name()),
                    None => strategy.name().to_owned(),
                },
                strategy,
                policy: policy.clone(),
            })
        });
        Ok(variants.collect())
    }

    fn strategies(&self) -> Vec<&'static dyn Strategy> {
        if self.grid.strategies.is_empty() {
            let defaults = DEFAULT_STRATEGIES.iter();
            let by_name = |name| strategy::by_name(name).expect("a default strategy exists");
            return defaults.copied().map(by_name).collect();
        }
        self.grid.strategies.iter().map(|one| one.0).collect()
    }

    /// The policies to compare, merged over the common policy; the policy with the fewest options is first.
    fn merged_policies(&self) -> Result<Vec<(Option<&str>, PolicyOptions)>> {
        if self.policies.is_empty() {
            return Ok(vec![(None, self.policy.clone())]);
        }
        let mut policies: Vec<_> = self.policies.iter().collect();
        policies.sort_by_key(|(_, policy)| policy.table().len());
        let merge = |(name, policy): (&'_ String, &PolicyOptions)| {
            let merged = policy.merged_over(&self.policy);
            merged.map_err(|error| anyhow!("policies.{name}: {error}"))
        };
        let names = policies.iter().map(|(name, _)| Some(name.as_str()));
        let merged: Result<Vec<_>> = policies.iter().copied().map(merge).collect();
        Ok(names.zip(merged?).collect())
    }
}
