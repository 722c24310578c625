//! The search for the highest load that meets a condition: the highest arrival rate (`--find-rate`) or number of
//! connections (`--find-concurrency`).

mod classify;
mod machine;
mod result;

pub use machine::{LoadSearch, SearchPlan, SearchStep};
pub use result::{SearchEnd, SearchPhase, SearchPoint, SearchResult, SearchVariable};
