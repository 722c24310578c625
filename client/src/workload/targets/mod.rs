//! The targets of a load, and the order in which requests take them (pure).
//!
//! - `load_target`: a target; `load_targets`: those of a run, and their origins;
//! - `list`: a file of targets; `list_entry`: one of its lines; `one_or_several`: a value of a file;
//! - `order`: which request has which target.

pub(crate) mod list;
pub(crate) mod list_entry;
pub(crate) mod load_target;
pub(crate) mod load_targets;
pub(crate) mod one_or_several;
pub(crate) mod order;
