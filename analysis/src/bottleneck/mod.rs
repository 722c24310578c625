//! What limits a run, with the figures that show it and a remedy.
//!
//! Everything that can limit a run is a lower bound of its wall time: the critical path, the planned work at the
//! client's concurrency, the server's limits, pauses after responses, the client's CPU time on its cores. The largest of
//! them is the bottleneck if it explains at least half of the wall time. Otherwise the bottleneck is outside the plan: the
//! queue of the server, its lateness, delays that it does not report, or the overhead of each request.
//!
//! A remedy says what lowers the bound. That is no measurement: a run may become faster where the bound does not fall.

mod decision;
mod figures;
mod overhead;
mod remedies;
mod sentences;
#[cfg(test)]
mod tests;
mod waits;

pub use decision::BottleneckKind;
pub use figures::{ObservedRun, UnaskedRequests};

use self::figures::RunFigures;
use crate::bound::BoundTerms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What limits a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Bottleneck {
    /// What the bottleneck is.
    pub kind: BottleneckKind,
    /// The supporting figures.
    pub evidence: String,
    /// A remedy.
    pub remedy: String,
    /// The terms of the lower bound; null without a bound.
    pub terms: Option<BoundTerms>,
}

impl Bottleneck {
    /// The bottleneck of this run.
    pub fn for_run(run: &ObservedRun<'_>) -> Bottleneck {
        let figures = RunFigures::new(run);
        let kind = figures.bottleneck();
        Bottleneck {
            kind,
            evidence: figures.evidence(kind),
            remedy: figures.remedy(kind),
            terms: figures.terms,
        }
    }

    /// `limited by concurrency`, or that the bottleneck is unknown.
    pub(crate) fn name(&self) -> String {
        match self.kind {
            BottleneckKind::Unknown => "bottleneck unknown".to_owned(),
            kind => format!("limited by {kind}"),
        }
    }
}

impl fmt::Display for Bottleneck {
    /// `limited by concurrency: lower bound 400 ms at 32, longest download 50.0 ms; raise the concurrency (the lower bound
    /// falls until 249)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.name(), self.evidence, self.remedy)
    }
}
