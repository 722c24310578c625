//! The scheduler in virtual time, with a server that is a function: no test waits.

mod cancellation;
mod hedges;
mod metadata;
mod properties;
mod redirects;
mod retries;
mod slots;
mod trace;
