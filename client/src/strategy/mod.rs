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

use flagpole_protocol::SpecError;

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

/// The strategy of this name.
///
/// # Errors
/// If no strategy has this name; the error says which one was probably meant, or lists the known names.
pub fn by_name(name: &str) -> Result<&'static dyn Strategy, SpecError> {
    let named = ALL.iter().find(|strategy| strategy.name() == name);
    let known = || ALL.iter().map(|strategy| strategy.name());
    named
        .copied()
        .ok_or_else(|| SpecError::unknown("strategy", name, known()))
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
    fn unknown_name_lists_known_names_unless_one_is_near() {
        let error = |name| by_name(name).err().unwrap().to_string();
        assert_eq!(
            error("x"),
            "unknown strategy `x`; known: sequential, threads, thread-per-download, async, async-multi, per-core, adaptive"
        );
        assert_eq!(
            error("thread"),
            "unknown strategy `thread`; did you mean `threads`?"
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
