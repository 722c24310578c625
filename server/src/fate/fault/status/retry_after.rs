//! `retry-after=`: `2s`, `date:+30s`, or an HTTP-date.

use crate::fate::fault::quoting::quote;
use flagpole_protocol::{RetryAfter, SpecError, spec};
use std::time::{Duration, UNIX_EPOCH};

const EXPECTED: &str =
    r#"`2s`, `date:+30s` or a date such as `"Fri, 31 Dec 2027 23:59:59 GMT"`, quoted"#;

pub(super) fn parse(text: &str) -> Result<RetryAfter, SpecError> {
    if let Some(offset) = text.strip_prefix("date:") {
        let seconds = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
            (Some(later), _) => whole_seconds(later)?,
            (_, Some(earlier)) => -whole_seconds(earlier)?,
            _ => return Err(SpecError::expected(EXPECTED, text)),
        };
        return Ok(RetryAfter::DateFromNow(seconds));
    }
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let date = httpdate::parse_http_date(text).ok();
        let date = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let date = date.ok_or_else(|| SpecError::expected(EXPECTED, text))?;
        return Ok(RetryAfter::Date(date.as_secs()));
    }
    whole_seconds(text).map(|seconds| RetryAfter::Seconds(seconds.unsigned_abs()))
}

/// At most 24 h.
fn whole_seconds(text: &str) -> Result<i64, SpecError> {
    let duration = spec::duration(text)?;
    let seconds = i64::try_from(duration.as_secs()).ok();
    let seconds = seconds.filter(|_| duration.subsec_nanos() == 0);
    seconds.ok_or_else(|| SpecError::expected("whole seconds such as `2s`", text))
}

pub(super) fn text(retry_after: RetryAfter) -> String {
    match retry_after {
        RetryAfter::Seconds(seconds) => format!("{seconds}s"),
        RetryAfter::DateFromNow(seconds) => format!("date:{seconds:+}s"),
        RetryAfter::Date(seconds) => {
            let date = UNIX_EPOCH + Duration::from_secs(seconds);
            quote(&httpdate::fmt_http_date(date)).into_owned()
        }
    }
}
