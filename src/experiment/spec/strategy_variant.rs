//! The contenders of an experiment: strategies with their policies, and programs.

use super::command_line::Placeholder;
use super::experiment::Experiment;
use super::program::Program;
use crate::options::names;
use crate::options::policy::PolicyOptions;
use anyhow::{Result, anyhow};
use flagpole_client::{Concurrency, Policy, Strategy, TransportKind, strategy};

/// The default strategies: the three ways of downloading that docs/article.md compares.
const DEFAULT_STRATEGIES: [&str; 3] = ["sequential", "threads", "async"];

/// A strategy with a policy, or a program.
pub(crate) struct StrategyVariant {
    /// The name of the strategy, followed by the name of the policy where several are compared; or that of the program.
    pub(crate) name: String,
    pub(crate) contender: Contender,
    /// The default for a program, whose policy flagpole does not know.
    pub(crate) policy: PolicyOptions,
}

/// What downloads.
#[derive(Clone)]
pub(crate) enum Contender {
    Strategy(&'static dyn Strategy),
    Program(Program),
}

impl StrategyVariant {
    /// The strategies that are compared if nothing is named.
    pub(crate) fn defaults() -> impl Iterator<Item = &'static dyn Strategy> {
        let by_name = |name| strategy::by_name(name).expect("a default strategy exists");
        DEFAULT_STRATEGIES.into_iter().map(by_name)
    }

    /// The concurrency at which it runs if this one is asked for. What a program makes of it is seen in its trials.
    pub(crate) fn concurrency(&self, asked: Concurrency) -> Concurrency {
        match &self.contender {
            Contender::Strategy(strategy) => strategy.concurrency(asked),
            Contender::Program(program) if program.command.uses(Placeholder::Concurrency) => asked,
            // Its concurrency is its own, so all cells have the same.
            Contender::Program(_) => Concurrency::MAX,
        }
    }

    pub(crate) fn program(&self) -> Option<&Program> {
        match &self.contender {
            Contender::Strategy(_) => None,
            Contender::Program(program) => Some(program),
        }
    }

    /// Refuses a transport that the strategy cannot use.
    pub(super) fn check_transport(&self, transport: TransportKind) -> Result<()> {
        match self.contender {
            Contender::Strategy(strategy) => names::check_transport(strategy, transport),
            Contender::Program(_) => Ok(()),
        }
    }

    /// The policy, as for a concurrency of 2: the check that hedging needs two connections does not apply, because a
    /// sequential strategy in a comparison ignores `hedge`.
    pub(crate) fn policy(&self) -> Result<Policy> {
        self.policy.policy(2)
    }
}

impl Experiment {
    /// Every strategy with every policy, and every program that is there.
    pub(crate) fn strategy_variants(&self) -> Result<Vec<StrategyVariant>> {
        let policies = self.merged_policies()?;
        let variants = self.strategies().into_iter().flat_map(|strategy| {
            policies.iter().map(move |(name, policy)| StrategyVariant {
                name: match name {
                    Some(name) => format!("{}+{name}", strategy.name()),
                    None => strategy.name().to_owned(),
                },
                contender: Contender::Strategy(strategy),
                policy: policy.clone(),
            })
        });
        Ok(variants.chain(self.program_variants()).collect())
    }

    fn program_variants(&self) -> impl Iterator<Item = StrategyVariant> {
        let available = self.available_programs();
        available.map(|(name, program)| StrategyVariant {
            name: name.clone(),
            contender: Contender::Program(program.clone()),
            policy: PolicyOptions::default(),
        })
    }

    fn strategies(&self) -> Vec<&'static dyn Strategy> {
        // The default applies only if nothing is named.
        if self.grid.strategies.is_empty() && self.programs.is_empty() {
            return StrategyVariant::defaults().collect();
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
