//! The targets of a load, and the order in which requests take them (pure).
//!
//! - `load_target`: a target; `load_targets`: those of a run, and their origins;
//! - `list`: a file of targets; `list_entry`: one of its lines;
//! - `order`: which request has which target.

pub(crate) mod list;
mod list_entry;
pub(crate) mod load_target;
pub(crate) mod load_targets;
pub(crate) mod order;
