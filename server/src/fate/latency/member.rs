//! The interface of the latency family: a distribution, and a member, the entry of a distribution in the list of
//! known latencies.

use crate::fate::unit_interval;
use flagpole_protocol::SpecError;
use std::fmt;
use std::sync::Arc;

/// A distribution of delays. `Display` writes its specification.
pub trait Distribution: fmt::Display + fmt::Debug + Send + Sync {
    /// The inverse distribution function: the delay in microseconds that the fraction `p` of all delays
    /// does not exceed, 0 < p < 1. Never negative or NaN; may be infinite.
    fn quantile(&self, p: f64) -> f64;

    /// The longest delay in microseconds.
    fn longest(&self) -> f64 {
        self.quantile(unit_interval::unit(u64::MAX))
    }
}

/// A kind of latency in the list of known latencies.
pub struct LatencyMember {
    /// The name before the colon of a specification.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// An example specification.
    pub example: &'static str,
    /// Whether `,max=` at the end of the parameters is a cap of this latency (see `cap`); if not, `parse` gets the whole
    /// text.
    pub(super) takes_cap: bool,
    pub(super) parse: fn(&str) -> ParsedDistribution,
}

/// The result of `LatencyMember::parse`.
pub(super) type ParsedDistribution = Result<Arc<dyn Distribution>, SpecError>;
