//! Constructed comparisons, each with the verdict, the reasons and the named limit that are right. A scenario changes what
//! differs from ten rounds of `threads` and `async` that are valid.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod client;
mod comparison;
mod expectation;
mod fates;
mod limits;
mod response;
mod results;
mod rounds;
mod run;
mod server;
mod simulation;
