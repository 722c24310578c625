//! The search for the highest load that meets a condition: the highest arrival rate (`--find-rate`) or number of
//! connections (`--find-concurrency`).

mod classify;
mod machine;

pub use super::search_result::{SearchEnd, SearchPhase, SearchPoint, SearchResult, SearchVariable};
pub use machine::{LoadSearch, SearchPlan, SearchStep};
