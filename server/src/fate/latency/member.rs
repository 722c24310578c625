//! The interface of the latency family: a distribution, and a member, the entry of a distribution in the list of
//! known latencies.

use flagpole_protocol::{SpecError, unit_interval};
use std::fmt;

/// A distribution of delays.
pub trait Distribution: fmt::Debug + Send + Sync {
    /// The inverse distribution function: the delay in microseconds that the fraction `p` of all delays
    /// does not exceed, 0 < p < 1. Never negative or NaN; may be infinite.
    fn quantile(&self, p: f64) -> f64;

    /// The specification without the cap; it parses to the same distribution.
    fn text(&self) -> String;

    /// The longest delay in microseconds.
    fn longest(&self) -> f64 {
        self.quantile(unit_interval(u64::MAX))
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
pub(super) type ParsedDistribution = Result<Box<dyn Distribution>, SpecError>;

/// Splits parameters at the first separator.
pub(super) fn pair<'t>(
    text: &'t str,
    separator: &str,
    expected: &str,
) -> Result<(&'t str, &'t str), SpecError> {
    text.split_once(separator)
        .ok_or_else(|| SpecError::expected(expected, text))
}

/// The name of the constant latency.
pub(super) const CONSTANT: &str = "constant";

/// The name of the uniform latency.
pub(super) const UNIFORM: &str = "uniform";

/// The name of the mixture.
pub(super) const MIXTURE: &str = "mixture";

/// The name of the member that a specification belongs to, and its parameters: a duration is `constant`, two durations
/// are `uniform`, a text that begins with a probability is `mixture`.
pub(super) fn expand(text: &str) -> (&str, &str) {
    // A name never begins with a digit, and a duration contains no `%:`.
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains("%:") {
        return (MIXTURE, text);
    }
    let unnamed = if text.contains("..") {
        UNIFORM
    } else {
        CONSTANT
    };
    text.split_once(':').unwrap_or((unnamed, text))
}
