//! A Locust worker: a process that a Locust master steers, and that reports to it.
//!
//! `messages` are what both say, `state` decides (pure), `session` performs, `connection` is the socket, `stats` makes
//! Locust's statistics of what the load reports. The load is a `UserLoad`.

pub(crate) mod address;
pub(crate) mod classes;
mod connection;
mod current_run;
mod deliveries;
mod identity;
pub(crate) mod load;
pub(crate) mod machine_share;
mod messages;
pub(crate) mod session;
pub(crate) mod state;
mod stats;
pub(crate) mod user_load;
pub(crate) mod worker_log;

#[cfg(test)]
mod tests;
