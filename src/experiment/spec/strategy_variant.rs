//! Who runs in each round of an experiment.

use crate::experiment::spec::experiment::Experiment;
use crate::options::policy_config::PolicyConfig;
use crate::options::value_parsers;
use anyhow::{Result, anyhow, bail};
use flagpole_client::{Policy, Strategy, Transport, strategy, transport};

/// The strategies that are compared unless others are asked for: those of the book.
const STRATEGIES: [&str; 3] = ["sequential", "threads", "async"];

/// A strategy, the transport that it runs by, and its policy.
pub(crate) struct StrategyVariant {
    /// That of the strategy; where there are several, those of the transport and the policy too.
    pub(crate) name: String,
    pub(crate) strategy: &'static dyn Strategy,
    pub(crate) transport: &'static dyn Transport,
    pub(crate) policy: PolicyConfig,
}

impl StrategyVariant {
    /// Its policy. That a strategy of one lane, beside others, has nothing to hedge with is no mistake.
    pub(crate) fn policy(&self) -> Result<Policy> {
        self.policy.policy(2)
    }
}

impl Experiment {
    /// Every strategy with every transport that it takes, under every policy.
    pub(crate) fn contenders(&self) -> Result<Vec<StrategyVariant>> {
        let (strategies, transports) = (self.strategies(), self.transports());
        let variants = self.variants()?;
        let mut contenders = Vec::new();
        for strategy in strategies {
            for &transport in &transports {
                if !value_parsers::takes(strategy, transport) {
                    if transports.len() > 1 {
                        continue;
                    }
                    let (one, other) = (strategy.name(), transport.name());
                    bail!("--transport: `{one}` does not work with `{other}`");
                }
                let several = (transports.len() > 1).then_some(transport.name());
                contenders.extend(variants.iter().map(|(variant, policy)| StrategyVariant {
                    name: named(strategy.name(), several, *variant),
                    strategy,
                    transport,
                    policy: policy.clone(),
                }));
            }
        }
        Ok(contenders)
    }

    fn strategies(&self) -> Vec<&'static dyn Strategy> {
        if self.grid.strategies.is_empty() {
            let named = |name: &&str| strategy::by_name(name).ok();
            return STRATEGIES.iter().filter_map(named).collect();
        }
        self.grid.strategies.iter().map(|one| one.0.0).collect()
    }

    fn transports(&self) -> Vec<&'static dyn Transport> {
        if self.grid.transports.is_empty() {
            return vec![transport::ALL[0]];
        }
        self.grid.transports.iter().map(|one| one.0.0).collect()
    }

    /// The policies to be compared, that which says least first.
    fn variants(&self) -> Result<Vec<(Option<&str>, PolicyConfig)>> {
        if self.policies.is_empty() {
            return Ok(vec![(None, self.policy.clone())]);
        }
        let mut variants: Vec<_> = self.policies.iter().collect();
        variants.sort_by_key(|(_, policy)| policy.len());
        let mut whole = Vec::new();
        for (name, policy) in variants {
            let policy = policy.over(&self.policy);
            let policy = policy.map_err(|error| anyhow!("policies.{name}: {error}"))?;
            whole.push((Some(name.as_str()), policy));
        }
        Ok(whole)
    }
}

fn named(strategy: &str, transport: Option<&str>, variant: Option<&str>) -> String {
    let parts = [Some(strategy), transport, variant];
    parts.into_iter().flatten().collect::<Vec<_>>().join("+")
}
