//! Load runs that are simulated: their figures, verdicts, reports, and the search for the highest load.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the values are small and not negative"
)]

mod figures;
mod merging;
mod merging_verdicts;
mod reports;
mod schema;
mod search;
mod simulation;
mod verdicts;
