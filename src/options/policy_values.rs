//! Parsers of the values of policy options.

use crate::options::value_parsers;
use flagpole_client::policy::HedgeDelay;
use flagpole_protocol::spec;
use std::time::Duration;

/// The number of responses from which a percentile for `--hedge` is computed; no hedges before.
const MIN_SAMPLES: u64 = 20;

pub(crate) fn up_to_100(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number <= 100);
    number.ok_or_else(|| format!("expected 0 to 100, got `{text}`"))
}

pub(crate) fn retryable_status(text: &str) -> Result<u16, String> {
    let status = text.parse().ok();
    match status.filter(|status| (400..=599).contains(status)) {
        Some(404) => Err("404 is not retried".to_owned()),
        Some(status) => Ok(status),
        None => Err(format!("expected a status of 400 to 599, got `{text}`")),
    }
}

/// The first and the maximum delay, such as `100ms..10s`.
pub(crate) fn backoff(text: &str) -> Result<(Duration, Duration), String> {
    let expected = || format!("expected two durations such as `100ms..10s`, got `{text}`");
    let (first, max) = text.split_once("..").ok_or_else(expected)?;
    let duration = |text| spec::duration(text).map_err(|error| error.to_string());
    let (first, max) = (duration(first)?, duration(max)?);
    if max < first {
        return Err(expected());
    }
    Ok((first, max))
}

/// A percentage such as `20%`, as a ratio of 0 to 1.
pub(crate) fn percentage(text: &str) -> Result<f64, String> {
    let number = text
        .strip_suffix('%')
        .and_then(|number| number.parse().ok());
    let percentage = number.filter(|percentage: &f64| (0.0..=100.0).contains(percentage));
    percentage
        .map(|percentage| percentage / 100.0)
        .ok_or_else(|| format!("expected 0% to 100%, got `{text}`"))
}

/// A percentage above 0%, as a ratio of 0 to 1.
pub(crate) fn positive_percentage(text: &str) -> Result<f64, String> {
    let ratio = percentage(text).ok().filter(|ratio| *ratio > 0.0);
    ratio.ok_or_else(|| format!("expected more than 0%, up to 100%, got `{text}`"))
}

/// A duration, or a percentile such as `p95`.
pub(crate) fn hedge_delay(text: &str) -> Result<HedgeDelay, String> {
    let Some(percent) = text.strip_prefix('p') else {
        return value_parsers::positive_duration(text).map(HedgeDelay::Fixed);
    };
    let percent = percent.parse().ok();
    let percent = percent.filter(|percent: &f64| *percent > 0.0 && *percent < 100.0);
    percent
        .map(|percent| HedgeDelay::Quantile {
            quantile: percent / 100.0,
            min_samples: MIN_SAMPLES,
        })
        .ok_or_else(|| format!("expected a duration or a percentile such as `p95`, got `{text}`"))
}
