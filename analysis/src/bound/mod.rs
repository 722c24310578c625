//! The lower bound of the wall time, from what the server planned.

pub(crate) mod connection_pauses;
mod lower_bound;
mod planned_work;
pub(crate) mod terms;

pub use lower_bound::{Bound, efficiency};
pub use planned_work::PlannedWork;
pub use terms::{BoundTerms, ServerLimits, ServerRate};
