//! A Locust worker: a process that a Locust master steers, and that reports to it.

pub(crate) mod user_load;
