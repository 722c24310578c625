//! The targets of a load, and the order in which requests take them (pure).

pub(crate) mod order;
