//! How attempts are made, whatever the strategy.

pub(crate) mod affinity;
pub(crate) mod blocking_scheduler;
pub(crate) mod event_loop;
pub(crate) mod idle_notifier;
pub(crate) mod poll_on_wake;
pub(crate) mod session;
pub(crate) mod worker;
