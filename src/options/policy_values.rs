//! Values of policy options. They have the same text on the command line and in files.

use crate::options::value_parsers::{positive_duration, valid};
use derive_more::Display;
use flagpole_client::policy::HedgeDelay;
use flagpole_protocol::spec::{self, DurationDisplay};
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

/// A number of results, 1 to 1000.
#[derive(Clone, Copy, PartialEq, Display)]
pub(crate) struct UpTo1000(pub(crate) usize);

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

/// Implements `FromStr` by a function.
macro_rules! parse_by {
    ($($type:ident: $parse:expr;)*) => {$(
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<$type, String> {
                $parse(text)
            }
        }
    )*};
}

parse_by! {
    AnyDuration: |text| duration(text).map(AnyDuration);
    PositiveDuration: |text| positive_duration(text).map(PositiveDuration);
    UpTo100: |text| valid(text, "0 to 100", |number| *number <= 100).map(UpTo100);
    UpTo1000: |text| valid(text, "1 to 1000", |number| (1..=1000).contains(number)).map(UpTo1000);
    RetryStatus: retry_status;
    Backoff: backoff;
    Percentage: percentage;
    PositivePercentage: positive_percentage;
    HedgeAfter: hedge_after;
}

fn duration(text: &str) -> Result<Duration, String> {
    spec::duration(text).map_err(|error| error.to_string())
}

fn retry_status(text: &str) -> Result<RetryStatus, String> {
    if text == "404" {
        return Err("404 is not retried".to_owned());
    }
    let is_error = |status: &u16| (400..=599).contains(status);
    valid(text, "a status of 400 to 599", is_error).map(RetryStatus)
}

fn backoff(text: &str) -> Result<Backoff, String> {
    let expected = || format!("expected two durations such as `100ms..10s`, got `{text}`");
    let (first, max) = text.split_once("..").ok_or_else(expected)?;
    let (first, max) = (duration(first)?, duration(max)?);
    if max < first {
        Err(format!(
            "the first duration must not exceed the second, got `{text}`"
        ))
    } else {
        Ok(Backoff { first, max })
    }
}

fn percentage(text: &str) -> Result<Percentage, String> {
    let number = text.strip_suffix('%').and_then(|text| text.parse().ok());
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    let expected = || format!("expected 0% to 100%, got `{text}`");
    number.map(Percentage).ok_or_else(expected)
}

fn positive_percentage(text: &str) -> Result<PositivePercentage, String> {
    let is_positive = |percentage: &Percentage| percentage.0 > 0.0;
    valid(text, "more than 0%, up to 100%", is_positive).map(PositivePercentage)
}

fn hedge_after(text: &str) -> Result<HedgeAfter, String> {
    let Some(percentile) = text.strip_prefix('p') else {
        return text.parse().map(HedgeAfter::Duration);
    };
    let percentile = percentile.parse().ok();
    let percentile = percentile.filter(|percentile| *percentile > 0.0 && *percentile < 100.0);
    let expected = || format!("expected a duration or a percentile such as `p95`, got `{text}`");
    percentile.map(HedgeAfter::Percentile).ok_or_else(expected)
}
