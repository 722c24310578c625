//! Experiments, in the order of a run: what to measure (`spec`), the trials (`runner`), and what follows from them
//! (`evaluation`).

pub(crate) mod evaluation;
pub(crate) mod grid;
pub(crate) mod output_target;
pub(crate) mod runner;
pub(crate) mod spec;
