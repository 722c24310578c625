//! The strategies: the orders and the concurrency in which a plan can be carried out.
//!
//! A strategy is an ordinary blocking function that owns the runtime or the threads it needs, so
//! that they are visibly part of what it costs. A family: one member a file, and one list.

pub mod adaptive;
pub mod async_multi;
pub mod event_loop;
pub mod per_core;
pub mod sequential;
pub mod thread_per_download;
pub mod threads;

pub use crate::execution::worker::STACK;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::RunStats;

/// A way to carry out a plan.
pub trait Strategy: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// What it does and what it costs, in one line.
    fn about(&self) -> &'static str;

    /// The concurrency it has unless one is asked for.
    fn default_concurrency(&self) -> Concurrency;

    /// Whether it ever has more than one download in flight.
    fn is_concurrent(&self) -> bool {
        true
    }

    /// Whether it makes its exchanges by whichever transport it is given; if not, only
    /// [`hyper`](crate::transport::hyper) will do, which it uses without being asked.
    fn takes_any_transport(&self) -> bool {
        true
    }

    /// The concurrency it has when `asked` is asked for.
    fn concurrency(&self, asked: Concurrency) -> Concurrency {
        if self.is_concurrent() {
            asked
        } else {
            Concurrency::ONE
        }
    }

    /// Carries out the plan, to its end or until the run is cancelled.
    ///
    /// # Errors
    /// If it cannot be started or carried on; a download that fails is not one of them.
    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError>;
}

/// Every strategy, from the simplest up.
pub const ALL: &[&dyn Strategy] = &[
    &sequential::Sequential,
    &threads::Threads,
    &thread_per_download::ThreadPerDownload,
    &event_loop::EventLoopStrategy,
    &async_multi::AsyncMulti,
    &per_core::PerCore,
    &adaptive::Adaptive,
];

/// There is no such strategy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown strategy `{0}`; known: {known}", known = known())]
pub struct UnknownStrategy(String);

/// The strategy of this name.
///
/// # Errors
/// If there is none; the error lists those that there are.
pub fn by_name(name: &str) -> Result<&'static dyn Strategy, UnknownStrategy> {
    let named = ALL.iter().find(|strategy| strategy.name() == name);
    named
        .copied()
        .ok_or_else(|| UnknownStrategy(name.to_owned()))
}

fn known() -> String {
    let mut names: Vec<_> = ALL.iter().map(|strategy| strategy.name()).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_is_found_by_its_name() {
        for strategy in ALL {
            assert_eq!(by_name(strategy.name()).unwrap().name(), strategy.name());
            assert!(!strategy.about().is_empty());
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = by_name("x").err().unwrap().to_string();
        assert_eq!(
            error,
            "unknown strategy `x`; known: adaptive, async, async-multi, per-core, sequential, \
             thread-per-download, threads"
        );
    }

    #[test]
    fn the_defaults_are_those_of_the_article() {
        let default = |name| by_name(name).unwrap().default_concurrency().get();
        assert_eq!(
            (default("sequential"), default("threads"), default("async")),
            (1, 30, 5)
        );
    }
}
