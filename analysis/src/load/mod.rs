//! A load run: what was observed, its figures and its verdict, conditions on figures, and reports.
//!
//! A run gives an [`ObservedLoad`], which becomes a [`LoadResult`], the document. A [`LoadCondition`] such as
//! `p99 < 50ms and errors < 0.1%` is judged by [`LoadFigures`], those of a result or of a run that goes on.

mod asked;
mod baseline;
pub mod condition;
mod evaluate;
mod figures;
mod histogram;
mod iterations;
mod latency_figures;
mod loop_usage;
mod merge_facts;
mod notes;
mod observed;
pub mod process;
mod process_figures;
mod repeat_command;
pub mod report;
mod result;
pub mod search;
mod search_result;
mod second;
mod shard;
mod stop_reason;
mod verdict;

pub use asked::{ArrivalKind, AskedLoad, AskedUserClass, LoadModel};
pub use condition::{ConditionResult, ConditionStatus, LoadCondition};
pub use figures::{LoadFigures, OutcomeFigures, PartFigures, ResponseParts, WindowCounts};
pub use histogram::HistogramBucket;
pub use iterations::{IterationStep, LoadIterations};
pub use latency_figures::{LatencyFigures, LoadPercentile};
pub use loop_usage::LoopUsage;
pub use observed::ObservedLoad;
pub use process_figures::ProcessFigures;
pub use repeat_command::RepeatCommand;
pub use result::{InFlightFigures, LOAD_SCHEMA_VERSION, LoadResult};
pub use second::LoadSecond;
pub(crate) use second::have_gaps;
pub use shard::Shard;
pub use stop_reason::StopReason;
