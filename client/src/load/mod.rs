//! Load: requests of a source, as fast as connections become free or at given times, until a time or a number is reached.
//!
//! A [`LoadRun`] makes its requests on one event loop per core, like the strategy `per-core`. Each loop has its own share of
//! the requests, its own connections and its own statistics, so that cores share nothing while they work. Only policies
//! that count over all requests (hedging, retry budget, circuit breaker) make the loops share one scheduler.
//!
//! The engine is the one of downloads: the same scheduler, policies, transports and verification.

mod control;
mod distinct_messages;
mod run;
mod run_end;

pub use control::LoadControl;
pub use run::LoadRun;
pub use run_end::LoadRunEnd;
