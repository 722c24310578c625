//! What limits a run, with the supporting figures and a remedy.
//!
//! Everything that can limit a run is a lower bound of its wall time: the critical path, the planned work at the
//! client's concurrency, the server's limits, the client's CPU time on its cores. The largest of them is the
//! bottleneck if it explains at least half of the wall time. Otherwise the bottleneck is outside the plan: the
//! server's lateness, or the overhead of each request.

mod analysis;
mod decision;
mod evidence;
mod kind;
mod observed_run;
mod percent;
mod remedy;
mod server_limit_evidence;
#[cfg(test)]
mod tests;
mod what_if;

pub use kind::BottleneckKind;
pub use observed_run::ObservedRun;

use self::analysis::BottleneckAnalysis;
use crate::bound::terms::BoundTerms;
use schemars::JsonSchema;
use serde::Serialize;

/// What limits a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bottleneck {
    /// What the bottleneck is.
    pub kind: BottleneckKind,
    /// The supporting figures, as a sentence.
    pub evidence: String,
    /// A remedy, as a sentence.
    pub remedy: String,
    /// The terms of the lower bound; null without a bound.
    pub terms: Option<BoundTerms>,
}

impl Bottleneck {
    /// The bottleneck of this run.
    pub fn for_run(run: &ObservedRun<'_>) -> Bottleneck {
        let analysis = BottleneckAnalysis::new(run);
        let kind = analysis.kind();
        Bottleneck {
            kind,
            evidence: evidence::sentence(&analysis, kind),
            remedy: remedy::sentence(&analysis, kind),
            terms: analysis.terms,
        }
    }
}
