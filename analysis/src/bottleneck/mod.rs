//! What holds a run back, with the figures that say so, and what would help.
//!
//! Everything that can hold a run back is a lower bound of its wall time: the chain of waits, the waits
//! shared out over the lanes, the seats and the rate of the server, the client's CPU time over its
//! cores. The largest of them binds, if it explains at least half of the wall time. If none does, what
//! binds is outside of the plan: the server's lateness, or what each request costs.

#[cfg(test)]
mod tests;

mod diagnosis;
mod explain;

use crate::bottleneck::diagnosis::Case;
pub use crate::bound_terms::{BoundTerms, Limits, Rate};
use flagpole_protocol::AttemptRecord;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What is known of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunEvidence<'a> {
    /// All its attempts.
    pub records: &'a [AttemptRecord],
    /// How many lanes it had, from 1.
    pub lanes: usize,
    /// How long it took.
    pub wall: Duration,
    /// How long an exchange may take.
    pub whole: Option<Duration>,
    /// What the server is limited to.
    pub limits: Limits,
    /// The CPU time that the client's process took, user and system, if known.
    pub cpu: Option<Duration>,
    /// How many cores the strategy can use at once: 1 for one that has one thread.
    pub cores: usize,
}

/// What can hold a run back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckKind {
    /// Waiting itself: one wait behind the other on a single lane, or one wait that all lanes share.
    Latency,
    /// There are more waits than lanes.
    Lanes,
    /// One download that takes much longer than the others.
    Straggler,
    /// The seats of the server.
    Capacity,
    /// The rate at which the server lets requests in.
    RateLimit,
    /// The pace at which bodies come.
    Bandwidth,
    /// Attempts made again, and the back-off before them.
    Retries,
    /// The client's own computing.
    ClientCpu,
    /// Answers that came later than planned.
    ServerLateness,
    /// None of these: connections, system calls, the network.
    Overhead,
    /// What was planned is not known, and the client's computing does not explain the time.
    Unknown,
}

/// What holds a run back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bottleneck {
    /// What it is.
    pub what: BottleneckKind,
    /// The figures that say so, in a sentence.
    pub evidence: String,
    /// What would help, in a sentence.
    pub remedy: String,
    /// What the bound is made of; `None` if there is none.
    pub terms: Option<BoundTerms>,
}

impl BottleneckKind {
    /// A name for machines, which stays the same.
    pub fn label(self) -> &'static str {
        match self {
            BottleneckKind::Latency => "latency",
            BottleneckKind::Lanes => "lanes",
            BottleneckKind::Straggler => "straggler",
            BottleneckKind::Capacity => "capacity",
            BottleneckKind::RateLimit => "rate_limit",
            BottleneckKind::Bandwidth => "bandwidth",
            BottleneckKind::Retries => "retries",
            BottleneckKind::ClientCpu => "client_cpu",
            BottleneckKind::ServerLateness => "server_lateness",
            BottleneckKind::Overhead => "overhead",
            BottleneckKind::Unknown => "unknown",
        }
    }
}

impl Bottleneck {
    /// What held this run back.
    pub fn of(evidence: &RunEvidence<'_>) -> Bottleneck {
        let case = Case::of(evidence);
        let what = case.constraint();
        Bottleneck {
            what,
            evidence: explain::evidence(&case, what),
            remedy: explain::remedy(&case, what),
            terms: case.terms,
        }
    }
}
