//! Strategies: how a workload is carried out.
//!
//! A strategy is an ordinary blocking function, so that the cost of the threads or the runtime that it starts is part of
//! the measured time. To add a strategy, write a file with a [`Strategy`] and name it here twice.

mod adaptive;
mod async_multi;
mod event_loop;
mod per_core;
mod sequential;
mod strategy_trait;
mod thread_per_download;
mod threads;

pub use crate::execution::worker::STACK_SIZE;
pub use strategy_trait::Strategy;

/// Every strategy, the simplest first.
pub const ALL: &[&dyn Strategy] = &[
    &sequential::Sequential,
    &threads::Threads,
    &thread_per_download::ThreadPerDownload,
    &event_loop::EventLoopStrategy,
    &async_multi::AsyncMulti,
    &per_core::PerCore,
    &adaptive::Adaptive,
];

/// No strategy has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown strategy `{0}`; known: {known}", known = known())]
pub struct UnknownStrategy(String);

/// The strategy of this name.
///
/// # Errors
/// If no strategy has this name; the error lists the known names.
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
    fn strategies_are_found_by_name() {
        for strategy in ALL {
            assert_eq!(by_name(strategy.name()).unwrap().name(), strategy.name());
            assert!(!strategy.about().is_empty());
        }
    }

    #[test]
    fn unknown_name_lists_known_names() {
        let error = by_name("x").err().unwrap().to_string();
        assert_eq!(
            error,
            "unknown strategy `x`; known: adaptive, async, async-multi, per-core, sequential, \
             thread-per-download, threads"
        );
    }

    #[test]
    fn default_concurrency_is_that_of_the_article() {
        let default = |name| by_name(name).unwrap().default_concurrency().get();
        assert_eq!(
            (default("sequential"), default("threads"), default("async")),
            (1, 30, 5)
        );
    }
}
