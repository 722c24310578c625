//! The search for the highest load that meets a condition: the highest arrival rate (`--find-rate`) or number of
//! connections (`--find-concurrency`).
//!
//! ```
//! use flagpole_analysis::load::search::{LoadSearch, SearchPlan, SearchVariable};
//! use flagpole_analysis::load::{LoadResult, ObservedLoad};
//! use std::time::Duration;
//!
//! let mut search = LoadSearch::new(SearchPlan {
//!     variable: SearchVariable::Rate,
//!     condition: "p99 < 50ms and errors < 0.1%".parse().expect("the condition is valid"),
//!     start: 100.0,
//!     max: 200.0,
//!     resolution: 0.01,
//!     step: Duration::from_secs(10),
//! });
//! let mut result = None;
//! while let Some(step) = search.next() {
//!     // A run of `step.duration` at `step.load` arrivals per second; without requests here.
//!     let run = LoadResult::from(&ObservedLoad::default());
//!     search.record(&run);
//!     result = Some(run);
//! }
//! let mut result = result.expect("a search has a first step");
//! result.search = Some(search.result());
//! ```

mod classify;
mod machine;

pub use super::search_result::{SearchEnd, SearchPhase, SearchPoint, SearchResult, SearchVariable};
pub use machine::{LoadSearch, SearchPlan, SearchStep};
