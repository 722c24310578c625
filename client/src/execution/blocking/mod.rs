//! Threads that make attempts and block while they wait.

pub(crate) mod blocking_scheduler;
pub(crate) mod worker;
