//! `flagpole compare`: strategies under the same delays and faults.
//!
//! An experiment, from options or a file, is a grid of conditions such as latencies. Under each combination, which is a
//! cell, every strategy runs once per round, in a new process, against a server in another process. `flagpole_analysis`
//! evaluates the results.

mod args;
mod colour;
mod experiment_args;
mod run;

pub(crate) use self::args::CompareArgs;
