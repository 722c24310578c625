//! Reports as HTML: what they contain, that nothing in a result does harm, and how large they are.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod comparison;
mod hostile;
mod load_results;
mod load_runs;
mod merged_loads;
mod page;
mod results;
#[path = "../load/simulation.rs"]
#[allow(dead_code, reason = "the tests of load runs use the rest")]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the values are small and not negative"
)]
mod simulation;
mod sizes;
mod trends;
