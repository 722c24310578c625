//! What a member of the latency family is.

use crate::config::spec::SpecError;
use crate::fate::unit_interval;
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

/// An entry of the family.
pub struct LatencyMember {
    /// The name before the colon of a specification.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// An example specification.
    pub example: &'static str,
    /// Whether `,max=` at the end of the parameters is the cap; otherwise the member parses it.
    pub(super) takes_cap: bool,
    pub(super) parse: fn(&str) -> ParsedDistribution,
}

/// What parsing the parameters of a member gives.
pub(super) type ParsedDistribution = Result<Arc<dyn Distribution>, SpecError>;
