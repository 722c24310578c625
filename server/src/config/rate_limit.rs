//! A rate limit as text: `100/s`, `30/m`.

use flagpole_protocol::spec::{SpecError, split_rate, whole_number};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Maximum request rate: a number of requests per second or minute, such as `100/s` or `30/m`. A burst
/// of that number of requests is admitted at once; afterwards the rate applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: u32,
    period: Duration,
}

impl RateLimit {
    /// Requests per second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.period.as_secs_f64()
    }

    /// Maximum number of requests in a burst.
    pub fn burst(&self) -> u32 {
        self.requests
    }

    /// Time in which the whole burst is admitted again.
    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// Time between two requests at the maximum rate.
    pub(crate) fn interval(&self) -> Duration {
        self.period / self.requests
    }
}

impl FromStr for RateLimit {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<RateLimit, SpecError> {
        let expected =
            || SpecError::expected("requests and a time, such as `100/s` or `30/m`", text);
        let (requests, seconds) = split_rate(text).ok_or_else(expected)?;
        // The interval between two requests must be at least a nanosecond.
        let is_valid = |requests: &u32| (1..=1_000_000_000).contains(requests);
        let requests = whole_number(requests).filter(is_valid);
        Ok(RateLimit {
            requests: requests.ok_or_else(expected)?,
            period: Duration::from_secs(seconds),
        })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.period.as_secs() == 1 { "s" } else { "m" };
        write!(f, "{}/{unit}", self.requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limits_round_trip() {
        for text in ["100/s", "30/m"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "100",
            "0/s",
            "-1/s",
            "1.5/s",
            "100/h",
            "/s",
            "+1/s",
            "1000000001/s",
        ] {
            let error = text.parse::<RateLimit>().unwrap_err().to_string();
            let expected = "expected requests and a time, such as `100/s` or `30/m`, got";
            assert_eq!(error, format!("{expected} `{text}`"));
        }
    }
}
