//! Experiments: what to measure (`spec`), the runs of the strategies (`runner`), the results and the verdict
//! (`evaluation`). `grid` measures a whole experiment.

pub(crate) mod evaluation;
pub(crate) mod foreseen;
pub(crate) mod grid;
pub(crate) mod output_target;
pub(crate) mod program_check;
mod program_clients;
pub(crate) mod result_file;
pub(crate) mod runner;
pub(crate) mod site_probe;
pub(crate) mod spec;
