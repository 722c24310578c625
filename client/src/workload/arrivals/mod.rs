//! Which requests of a load are due when: arrival rates and numbers of connections over time (pure).
//!
//! - `rate`: a rate as text; `stages`: rates or connections over time, as text;
//! - `rate_integral`: how many requests are due by a time, and when a request is due;
//! - `unit_process`: arrivals at a rate of 1, constant or Poisson; `schedule`: the arrivals one after the other;
//! - `user_arrivals`: the arrivals of users whose number changes while the load goes on;
//! - `connection_stages`: when a user of a closed model has a connection.

pub(crate) mod connection_stages;
pub(crate) mod rate;
mod rate_integral;
pub(crate) mod schedule;
pub(crate) mod stages;
pub(crate) mod unit_process;
pub(crate) mod user_arrivals;
