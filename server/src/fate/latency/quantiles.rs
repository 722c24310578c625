//! `quantiles:p50=20ms,p90=80ms,p99=400ms` or `quantiles:samples.csv`: measured delays, by quantiles or by a
//! file of samples.
//!
//! Parameters: at least two quantiles (percentage and duration, ascending), or the name of a CSV file (see
//! `samples`). Between two quantiles the inverse distribution function is linear, so every given quantile is
//! exact. Below the first quantile the function starts at 0 unless `p0` is given. Above the last quantile
//! every delay is the last quantile, so longer delays need a `p100`. The samples of a file are equally likely, and
//! nothing between them occurs.

use super::member::{Distribution, LatencyMember, ParsedDistribution};
use super::samples::{FILE_EXTENSION, Samples};
use crate::fate::probability::Probability;
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::path::Path;
use std::time::Duration;

#[derive(Debug)]
enum Quantiles {
    /// Cumulative probabilities, each above the one before, and delays, none below the one before.
    Listed(Vec<(Probability, Duration)>),
    Sampled(Samples),
}

impl Distribution for Quantiles {
    fn quantile(&self, p: f64) -> f64 {
        match self {
            Quantiles::Listed(quantiles) => interpolate(quantiles, p),
            Quantiles::Sampled(samples) => samples.quantile(p).as_micros() as f64,
        }
    }

    fn text(&self) -> String {
        let quantile = |(probability, delay): &(Probability, Duration)| {
            let percent = probability.to_string();
            let percent = percent.trim_end_matches('%');
            format!("p{percent}={}", DurationDisplay(*delay))
        };
        let parameters = match self {
            Quantiles::Sampled(samples) => samples.path.clone(),
            Quantiles::Listed(quantiles) => {
                let quantiles: Vec<_> = quantiles.iter().map(quantile).collect();
                quantiles.join(",")
            }
        };
        format!("quantiles:{parameters}")
    }
}

fn interpolate(quantiles: &[(Probability, Duration)], p: f64) -> f64 {
    let (mut from, mut shortest) = (0.0, 0.0);
    for (probability, delay) in quantiles {
        let (to, longest) = (probability.as_fraction(), delay.as_micros() as f64);
        if p < to {
            return shortest + (p - from) / (to - from) * (longest - shortest);
        }
        (from, shortest) = (to, longest);
    }
    shortest
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "quantiles",
    about: "measured delays: quantiles, or the samples in a file such as `quantiles:samples.csv`",
    example: "quantiles:p50=20ms,p90=80ms,p99=400ms",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let extension = Path::new(text).extension();
    if extension.is_some_and(|extension| extension.eq_ignore_ascii_case(FILE_EXTENSION)) {
        return Ok(Box::new(Quantiles::Sampled(Samples::read(text)?)));
    }
    if !text.contains('=') {
        return Err(SpecError::expected(
            "quantiles such as `p50=20ms,p99=400ms`, or a file whose name ends in `.csv`",
            text,
        ));
    }
    let quantiles = text
        .split(',')
        .map(parse_quantile)
        .collect::<Result<Vec<_>, _>>()?;
    let violation = |rule| Err(SpecError::violation(rule, text));
    if quantiles.len() < 2 {
        return violation("at least two quantiles are needed");
    }
    if !quantiles.is_sorted_by(|a, b| a.0 < b.0) {
        return violation("quantiles must be in ascending order of their percentage");
    }
    if !quantiles.is_sorted_by(|a, b| a.1 <= b.1) {
        return violation("a higher quantile must not be shorter than a lower one");
    }
    Ok(Box::new(Quantiles::Listed(quantiles)))
}

/// Parses one quantile: `p99.9=400ms`.
fn parse_quantile(text: &str) -> Result<(Probability, Duration), SpecError> {
    let malformed = || SpecError::expected("a quantile such as `p99.9=400ms`", text);
    let (percent, delay) = text
        .strip_prefix('p')
        .and_then(|rest| rest.split_once('='))
        .ok_or_else(malformed)?;
    let probability = format!("{percent}%").parse().map_err(|_| malformed())?;
    Ok((probability, spec::duration(delay)?))
}

#[cfg(test)]
mod tests;
