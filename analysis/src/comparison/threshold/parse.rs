//! Parses thresholds, and refuses those that are certainly a mistake.

use super::condition::{Comparator, IntervalEnd, RelativeTo, Threshold};
use super::dimension::Dimension;
use super::metric::{LatencyMetric, Metric, RunMetric};
use super::quantity::Quantity;
use flagpole_protocol::{SpecError, did_you_mean};
use std::str::FromStr;
use strum::IntoEnumIterator as _;

/// The known metrics, as briefly as possible.
const METRICS: &str = "wall, efficiency, errors, error-rate, goodput, requests, cpu, memory; of downloads p50, p90, p95, \
                       p99, p99.9, max; of failed downloads failed.p50 ...; of attempts response.p50, service.p50, \
                       response.failed.p50 ...";

impl FromStr for Threshold {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Threshold, SpecError> {
        let form =
            || SpecError::expected("`NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`", text);
        let at = text.find(['<', '>']).ok_or_else(form)?;
        let (subject, rest) = text.split_at(at);
        let (names, metric, interval_end) = parse_subject(subject.trim())?.ok_or_else(form)?;
        let (name, other) = match names.split_once('/') {
            Some((name, other)) => (name.trim(), Some(other.trim())),
            None => (names.trim(), None),
        };
        if name.is_empty() || other.is_some_and(str::is_empty) {
            return Err(form());
        }
        let relative_to = other.map(|other| match other {
            "baseline" => RelativeTo::Baseline,
            other => RelativeTo::Strategy(other.to_owned()),
        });
        let dimension = relative_to
            .as_ref()
            .map_or(metric.dimension(), |_| Dimension::Ratio);
        let mut comparators = Comparator::iter();
        let split = comparators.find_map(|one| Some((one, rest.strip_prefix(<&str>::from(one))?)));
        let (comparator, number) = split.ok_or_else(form)?;
        let number = number.trim();
        let limit = Quantity::parse(number, dimension)
            .ok_or_else(|| SpecError::expected(dimension.expected(), number))?;
        let threshold = Threshold {
            name: name.to_owned(),
            relative_to,
            metric,
            interval_end,
            comparator,
            limit,
        };
        match threshold.mistake() {
            Some(mistake) => Err(SpecError::rule(format!("`{threshold}`: {mistake}"))),
            None => Ok(threshold),
        }
    }
}

type Subject<'a> = (&'a str, Metric, Option<IntervalEnd>);

/// The names, the metric and the end of the interval of `NAMES.METRIC` or `NAMES.METRIC.END`; `None` if it has another
/// form. Names may contain dots, and so do some metrics: the longest known metric at the end is the one that is meant.
fn parse_subject(text: &str) -> Result<Option<Subject<'_>>, SpecError> {
    let mut ends = IntervalEnd::iter();
    let split = ends.find_map(|end| {
        let stem = text.strip_suffix(<&str>::from(end))?.strip_suffix('.')?;
        Some((stem, Some(end)))
    });
    let (stem, end) = split.unwrap_or((text, None));
    let names = |metric: Metric| stem.strip_suffix(&metric.to_string())?.strip_suffix('.');
    let matches = Metric::all().filter_map(|metric| Some((names(metric)?, metric)));
    if let Some((names, metric)) = matches.min_by_key(|(names, _)| names.len()) {
        return Ok(Some((names, metric, end)));
    }
    match stem.split_once('.') {
        Some((_, metric)) if Metric::all().all(|one| one.to_string() != stem) => {
            Err(unknown_metric(metric))
        }
        _ => Ok(None),
    }
}

pub(super) fn unknown_metric(got: &str) -> SpecError {
    let known: Vec<_> = Metric::all().map(|metric| metric.to_string()).collect();
    let remedy = match did_you_mean(got, known.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known: {METRICS}"),
    };
    SpecError::rule(format!("unknown metric `{got}`; {remedy}"))
}

impl Threshold {
    /// Why it cannot be what was meant.
    fn mistake(&self) -> Option<&'static str> {
        if self.relative_to == Some(RelativeTo::Strategy(self.name.clone())) {
            return Some("the ratio of a strategy to itself is always 1");
        }
        if self.interval_end.is_some() && !self.has_interval() {
            return Some("only percentiles and ratios of wall times have a confidence interval");
        }
        self.constant().map(|holds| {
            if holds {
                "the condition always holds"
            } else {
                "the condition never holds"
            }
        })
    }

    /// Whether there are confidence intervals of what it is about.
    fn has_interval(&self) -> bool {
        match self.metric {
            Metric::Latency(LatencyMetric { statistic, .. }) => {
                self.relative_to.is_none() && statistic.quantile().is_some()
            }
            Metric::Run(_) => self.is_wall_ratio(),
        }
    }

    /// Whether the condition holds, if that is the same for all values that the metric can have: from 0, for shares to
    /// 1.
    fn constant(&self) -> Option<bool> {
        let limit = self.limit.base();
        let holds = |value| self.comparator.holds(value, limit);
        let max = self.dimension().max();
        let is_beyond_max = max.is_some_and(|max| limit >= max && holds(max) == holds(0.0));
        // No wall time is 0, and so no ratio of wall times is.
        let is_never_0 = self.metric == Metric::Run(RunMetric::Wall);
        let is_at_0 = limit <= 0.0 && (is_never_0 || holds(0.0) == holds(1.0));
        if is_at_0 {
            return Some(holds(1.0));
        }
        is_beyond_max.then(|| holds(0.0))
    }
}
