//! The `Retry-After` field (RFC 9110 section 10.2.3).

use std::time::{Duration, UNIX_EPOCH};

/// The delay that a `Retry-After` value asks for: seconds, or the time until an HTTP date. `now` counts
/// from the Unix epoch. `None` if the value is malformed.
pub(crate) fn parse_retry_after(value: &str, now: Duration) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let date = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = Duration::from_secs;
        let parse = |value| parse_retry_after(value, seconds(784_111_777));
        assert_eq!(parse("120"), Some(seconds(120)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:47 GMT"), Some(seconds(10)));
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:30 GMT"), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999"), Some(seconds(u64::MAX)));
        for malformed in ["", "-1", "1.5", "soon", "Sun, 06 Nov"] {
            assert_eq!(parse(malformed), None, "{malformed}");
        }
    }
}
