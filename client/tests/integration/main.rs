//! The client against scripted servers: the outcome of every response, and that nothing is lost, sent twice or left on
//! disk.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod cancelling;
mod changing_users;
mod closing;
mod due_times;
mod exchanges;
mod faults;
mod gif;
mod limits;
mod load_targets;
mod loads;
mod measuring;
mod messages;
mod own_policies;
mod own_strategies;
mod paths;
mod policies;
mod proxies;
mod requests;
mod response_decoder;
mod resuming;
mod reuse;
mod saving;
mod stale;
mod statuses;
mod strategies;
mod test_server;
#[cfg(unix)]
mod unix_sockets;
