//! Why logs cannot be added up.

/// Why logs of client processes cannot be added up at all. What can be added up and must not be believed is in the verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A process took part in several runs, whose logs are here.
    #[error(
        "process {process} took part in two runs whose logs are here, {} and {}; merge the logs of each run alone", runs[0], runs[1]
    )]
    SeveralRuns {
        /// The name of the process.
        process: String,
        /// Two of the runs.
        runs: [String; 2],
    },
    /// Two heads of one name differ.
    #[error(
        "process {process} has two heads that differ in their {field}; are these logs of two runs, or of two processes of one \
         name? Merge the logs of each run alone"
    )]
    HeadsDiffer {
        /// The name of the process.
        process: String,
        /// The field of the heads.
        field: &'static str,
    },
    /// Two ends of one process differ.
    #[error("process {process} has two ends that differ; is one of its logs damaged?")]
    EndsDiffer {
        /// The name of the process.
        process: String,
    },
    /// There is nothing to add up.
    #[error(
        "the logs have no process; expected at least one interval log of `load --hlog` or `worker`"
    )]
    NoProcess,
    /// An interval or an end of a process that has no head.
    #[error("no process has the index {0}")]
    UnknownProcess(usize),
}
