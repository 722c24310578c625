//! The lower bound of the wall time, from what the server planned.

pub(crate) mod lower_bound;
pub(crate) mod planned_work;
pub(crate) mod server_limits;
pub(crate) mod terms;

pub use lower_bound::{Bound, efficiency};
pub use planned_work::PlannedWork;
pub use server_limits::{ServerLimits, ServerRate};
pub use terms::BoundTerms;
