//! What can limit a run.

use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;

/// A bottleneck: what keeps a run from being faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

impl BottleneckKind {
    /// The fixed name in JSON and CSV.
    pub fn label(self) -> &'static str {
        match self {
            BottleneckKind::Latency => "latency",
            BottleneckKind::Concurrency => "concurrency",
            BottleneckKind::Straggler => "straggler",
            BottleneckKind::ServerConcurrencyLimit => "server_concurrency_limit",
            BottleneckKind::ServerRateLimit => "server_rate_limit",
            BottleneckKind::Bandwidth => "bandwidth",
            BottleneckKind::Retries => "retries",
            BottleneckKind::ClientCpu => "client_cpu",
            BottleneckKind::ServerLateness => "server_lateness",
            BottleneckKind::Overhead => "overhead",
            BottleneckKind::Unknown => "unknown",
        }
    }
}

impl fmt::Display for BottleneckKind {
    /// The name in text: `server rate limit`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BottleneckKind::ClientCpu => f.pad("client CPU"),
            other => f.pad(&other.label().replace('_', " ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serialises_as_its_label() {
        for kind in [
            BottleneckKind::ServerRateLimit,
            BottleneckKind::ClientCpu,
            BottleneckKind::ServerLateness,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.label());
        }
    }

    #[test]
    fn text_has_no_underscores() {
        assert_eq!(
            BottleneckKind::ServerRateLimit.to_string(),
            "server rate limit"
        );
        assert_eq!(BottleneckKind::ClientCpu.to_string(), "client CPU");
    }
}
