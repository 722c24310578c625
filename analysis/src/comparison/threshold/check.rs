//! What can be said of a threshold before anything is measured.

use super::condition::{IntervalEnd, RelativeTo, Threshold};
use super::metric::{LatencyMetric, Metric};
use super::parse::unknown_metric;
use crate::stats::{MIN_ROUNDS, QuantileInterval, required_samples};
use flagpole_protocol::SpecError;

/// What is known of a comparison before it is measured.
#[derive(Clone, Copy, Debug)]
pub struct ThresholdContext<'a> {
    /// The names of the strategies.
    pub strategies: &'a [&'a str],
    /// The number of rounds asked for.
    pub rounds: usize,
}

impl Threshold {
    /// Checks that the strategies are known, and that there will be enough rounds for an interval.
    ///
    /// # Errors
    /// With the first unknown name and the one that was probably meant, or the number of rounds that is needed.
    pub fn check(&self, context: ThresholdContext<'_>) -> Result<(), SpecError> {
        let known = context.strategies;
        let other = match &self.relative_to {
            Some(RelativeTo::Strategy(name)) => Some(name.as_str()),
            Some(RelativeTo::Baseline) | None => None,
        };
        let mut names = std::iter::once(self.name.as_str()).chain(other);
        if let Some(name) = names.find(|name| !known.contains(name)) {
            return Err(self.unknown_name(name, known));
        }
        if context.rounds < self.required_rounds() {
            return Err(SpecError::rule(format!(
                "`{self}` needs a confidence interval, which takes {MIN_ROUNDS} rounds, got {}; raise --rounds",
                context.rounds
            )));
        }
        Ok(())
    }

    fn unknown_name(&self, name: &str, known: &[&str]) -> SpecError {
        if name == "baseline" {
            return SpecError::rule(format!(
                "`{self}`: the baseline is the second name, as in `async/baseline.wall > 1.1`"
            ));
        }
        // A misspelt prefix of the metric reads as a part of the name, which may contain dots: `async.respons.p99`.
        let rest = |one: &&str| name.strip_prefix(one)?.strip_prefix('.');
        match known.iter().find_map(rest) {
            Some(prefix) => unknown_metric(&format!("{prefix}.{}", self.metric)),
            None => SpecError::unknown("strategy", name, known.iter().copied()),
        }
    }

    /// The number of rounds that it needs, of a baseline as well: those of a confidence interval of a ratio, otherwise
    /// one.
    pub fn required_rounds(&self) -> usize {
        match self.interval_end {
            Some(_) if self.is_wall_ratio() => MIN_ROUNDS,
            _ => 1,
        }
    }

    /// The number of independent downloads or attempts that it needs, if it is about a percentile: 299 for p99, 368 for
    /// the upper end of its confidence interval.
    pub fn required_samples(&self) -> Option<u64> {
        match self.metric {
            Metric::Latency(latency) => latency.required_samples(self.interval_end),
            Metric::Run(_) => None,
        }
    }
}

impl LatencyMetric {
    pub(super) fn required_samples(self, end: Option<IntervalEnd>) -> Option<u64> {
        let quantile = self.statistic.quantile()?;
        let of_end = end.map(|end| end.of(QuantileInterval::required_samples(quantile)));
        Some(required_samples(quantile).max(of_end.unwrap_or(0)))
    }
}
