//! Whether the figures of a comparison can be believed.

pub mod reason;
pub mod reconcile;
pub mod server_work;
pub mod verdict;
