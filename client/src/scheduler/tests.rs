//! The scheduler in virtual time, with a server that is a function: no test waits.

mod cancellation;
mod circuit_breaker;
mod due_times;
mod hedges;
mod metadata;
mod methods;
mod properties;
mod redirects;
mod retries;
mod slots;
mod stale_connections;
mod time_limits;
mod trace;
