//! What can limit a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use strum::IntoStaticStr;

/// What can keep a run from being faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum BottleneckKind {
    /// The delays themselves: their sum at concurrency 1, or the longest of them at a concurrency that is high enough.
    Latency,
    /// The client's concurrency, above 1: requests wait for a connection, and more connections would help.
    Concurrency,
    /// The longest download, if it takes more than twice as long as the median one.
    Straggler,
    /// The server's concurrency limit.
    ServerConcurrencyLimit,
    /// The server's rate limit.
    ServerRateLimit,
    /// The pace at which the server sends bodies.
    Bandwidth,
    /// Failed attempts and the backoff after them.
    Retries,
    /// The client's CPU time.
    ClientCpu,
    /// Responses later than planned.
    ServerLateness,
    /// Time that neither the lower bound nor the CPU time explains, such as opening connections and the network; it is
    /// more than half of the wall time.
    Overhead,
    /// The planned delays are unknown, and the client's CPU time does not explain the wall time.
    Unknown,
}

impl fmt::Display for BottleneckKind {
    /// The name in text: `server rate limit`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: &str = self.into();
        f.pad(&name.replace('_', " ").replace("cpu", "CPU"))
    }
}
