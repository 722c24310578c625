//! Values of policy options. They have the same text on the command line and in files.

use crate::options::value_parsers::positive_duration;
use derive_more::Display;
use flagpole_client::policy::HedgeDelay;
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::str::FromStr;
use std::time::Duration;

/// The number of responses from which a percentile for `--hedge` is computed; no hedges before.
const MIN_SAMPLES: u64 = 20;

/// A duration from zero.
#[derive(Clone, Copy, PartialEq, Display)]
#[display("{}", DurationDisplay(*_0))]
pub(crate) struct AnyDuration(pub(crate) Duration);

/// A duration above zero.
#[derive(Clone, Copy, PartialEq, Display)]
#[display("{}", DurationDisplay(*_0))]
pub(crate) struct PositiveDuration(pub(crate) Duration);

/// A number of retries or redirects, 0 to 100.
#[derive(Clone, Copy, PartialEq, Display)]
pub(crate) struct UpTo100(pub(crate) u32);

/// A status that may be retried.
#[derive(Clone, Copy, PartialEq, Display)]
pub(crate) struct RetryStatus(pub(crate) u16);

/// The first and the maximum delay, such as `100ms..10s`.
#[derive(Clone, Copy, PartialEq, Display)]
#[display("{}..{}", DurationDisplay(*first), DurationDisplay(*max))]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) max: Duration,
}

/// A percentage such as `20%`, 0 to 100.
#[derive(Clone, Copy, PartialEq, Display)]
#[display("{_0}%")]
pub(crate) struct Percentage(f64);

/// A percentage above 0%.
#[derive(Clone, Copy, PartialEq, Display)]
pub(crate) struct PositivePercentage(pub(crate) Percentage);

/// When a slow request is duplicated: after a duration, or after a percentile of the service times.
#[derive(Clone, Copy, PartialEq, Display)]
pub(crate) enum HedgeAfter {
    Duration(PositiveDuration),
    #[display("p{_0}")]
    Percentile(f64),
}

impl Percentage {
    /// The percentage as a ratio of 0 to 1.
    pub(crate) fn ratio(self) -> f64 {
        self.0 / 100.0
    }
}

impl HedgeAfter {
    pub(crate) fn delay(self) -> HedgeDelay {
        match self {
            HedgeAfter::Duration(PositiveDuration(delay)) => HedgeDelay::Fixed(delay),
            HedgeAfter::Percentile(percentile) => HedgeDelay::Quantile {
                quantile: percentile / 100.0,
                min_samples: MIN_SAMPLES,
            },
        }
    }
}

impl FromStr for AnyDuration {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<AnyDuration, SpecError> {
        spec::duration(text).map(AnyDuration)
    }
}

impl FromStr for PositiveDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<PositiveDuration, String> {
        positive_duration(text).map(PositiveDuration)
    }
}

impl FromStr for UpTo100 {
    type Err = String;

    fn from_str(text: &str) -> Result<UpTo100, String> {
        let number = text.parse().ok().filter(|number| *number <= 100);
        number
            .map(UpTo100)
            .ok_or_else(|| format!("expected 0 to 100, got `{text}`"))
    }
}

impl FromStr for RetryStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<RetryStatus, String> {
        let status = text.parse().ok();
        match status.filter(|status| (400..=599).contains(status)) {
            Some(404) => Err("404 is not retried".to_owned()),
            Some(status) => Ok(RetryStatus(status)),
            None => Err(format!("expected a status of 400 to 599, got `{text}`")),
        }
    }
}

impl FromStr for Backoff {
    type Err = String;

    fn from_str(text: &str) -> Result<Backoff, String> {
        let expected = || format!("expected two durations such as `100ms..10s`, got `{text}`");
        let (first, max) = text.split_once("..").ok_or_else(expected)?;
        let duration = |text| spec::duration(text).map_err(|error| error.to_string());
        let (first, max) = (duration(first)?, duration(max)?);
        if max < first {
            Err(expected())
        } else {
            Ok(Backoff { first, max })
        }
    }
}

impl FromStr for Percentage {
    type Err = String;

    fn from_str(text: &str) -> Result<Percentage, String> {
        let percentage = text
            .strip_suffix('%')
            .and_then(|number| number.parse().ok());
        let percentage = percentage.filter(|percentage| (0.0..=100.0).contains(percentage));
        percentage
            .map(Percentage)
            .ok_or_else(|| format!("expected 0% to 100%, got `{text}`"))
    }
}

impl FromStr for PositivePercentage {
    type Err = String;

    fn from_str(text: &str) -> Result<PositivePercentage, String> {
        let percentage = text
            .parse()
            .ok()
            .filter(|percentage: &Percentage| percentage.0 > 0.0);
        let percentage = percentage.map(PositivePercentage);
        percentage.ok_or_else(|| format!("expected more than 0%, up to 100%, got `{text}`"))
    }
}

impl FromStr for HedgeAfter {
    type Err = String;

    fn from_str(text: &str) -> Result<HedgeAfter, String> {
        let Some(percentile) = text.strip_prefix('p') else {
            return text.parse().map(HedgeAfter::Duration);
        };
        let percentile = percentile.parse().ok();
        let percentile = percentile.filter(|percentile| *percentile > 0.0 && *percentile < 100.0);
        let percentile = percentile.map(HedgeAfter::Percentile);
        percentile.ok_or_else(|| {
            format!("expected a duration or a percentile such as `p95`, got `{text}`")
        })
    }
}
