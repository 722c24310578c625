//! Programs in trial processes: started, watched and ended with everything that they have started.

pub(crate) mod executable;
pub(crate) mod job;
mod process_tree;
pub(crate) mod run;
mod stderr_tail;
