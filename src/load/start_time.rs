//! `--start-at`: when a run starts that begins together with others.

use super::current_run::CurrentRun;
use crate::output;
use anyhow::{Result, bail};
use flagpole_analysis::HumanDuration;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far ahead a run may start: a later one is meant in other units.
const FARTHEST: Duration = Duration::from_secs(24 * 3600);

/// The preparation of a run begins this long before its start.
const PREPARATION: Duration = Duration::from_millis(500);

/// The time between two looks at the clock, which may be set meanwhile.
const POLL: Duration = Duration::from_millis(50);

/// A time since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartTime(Duration);

impl FromStr for StartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<StartTime, String> {
        let time = unix_seconds(text).or_else(|| rfc3339(text));
        time.map(StartTime).ok_or_else(|| {
            format!(
                "expected a time such as `2026-11-28T17:00:00Z`, or Unix seconds (`date +%s`), got `{text}`"
            )
        })
    }
}

impl StartTime {
    /// Refuses a time that has passed, or is more than a day ahead.
    pub(crate) fn check(self) -> Result<()> {
        let now = unix_now();
        if let Some(passed) = now.checked_sub(self.0) {
            bail!(
                "--start-at: that time was {} ago; give the same time in the future to all processes",
                HumanDuration(passed)
            );
        }
        let ahead = self.0.saturating_sub(now);
        if ahead > FARTHEST {
            bail!(
                "--start-at: expected a time within 24 h, got one {} from now",
                HumanDuration(ahead)
            );
        }
        Ok(())
    }

    /// Waits until shortly before the time, or until there is a signal. Returns when the run starts: after a signal at once,
    /// and such a run makes no request.
    pub(crate) fn wait(self, current: &CurrentRun) -> Instant {
        let left = || self.0.saturating_sub(unix_now());
        let first = left();
        let at = Rfc3339(self.0);
        output::note(&format!(
            "flagpole: starts at {at}, in {}",
            HumanDuration(first)
        ));
        let mut wait = left().saturating_sub(PREPARATION);
        while !wait.is_zero() && !current.is_interrupted() {
            thread::sleep(POLL.min(wait));
            wait = left().saturating_sub(PREPARATION);
        }
        if current.is_interrupted() {
            output::note("flagpole: interrupted before the start; no request was made");
            return Instant::now();
        }
        Instant::now() + left()
    }
}

/// A time since the Unix epoch, as `2026-11-28T17:00:00Z`, to seconds.
struct Rfc3339(Duration);

impl Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (year, month, day) = date_of(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

fn unix_now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// `1795885200`, `1795885200.25`.
fn unix_seconds(text: &str) -> Option<Duration> {
    let is_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let seconds = text.chars().all(is_number).then(|| text.parse().ok())??;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A time of RFC 3339 section 5.6: `2026-11-28T17:00:00Z`, `2026-11-28 18:00:00.5+01:00`.
fn rfc3339(text: &str) -> Option<Duration> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at(zone);
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    let is_digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = format!("0.{fraction}").parse().ok().filter(|_| is_digits)?;
    let is_time = hour <= 23 && minute <= 59 && second <= 60;
    let days = days_since_epoch(year, month, day).filter(|_| is_time)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset_seconds(zone)?;
    let seconds = u64::try_from(seconds).ok()?;
    Some(Duration::from_secs(seconds) + Duration::try_from_secs_f64(fraction).ok()?)
}

/// Numbers of these lengths with a separator between them.
fn fields(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next()?;
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The offset from UTC: `Z`, `+01:00`.
fn offset_seconds(zone: &str) -> Option<i64> {
    let sign = match zone {
        "Z" | "z" => return Some(0),
        _ if zone.starts_with('-') => -1,
        _ => 1,
    };
    let [hour, minute, _] = fields(&format!("{}:00", &zone[1..]), ':', [2, 2, 2])?;
    (hour <= 23 && minute <= 59).then_some(sign * (hour * 3600 + minute * 60))
}

/// The days from 1970-01-01 to a date. The algorithm is that of H. Hinnant, "chrono-compatible low-level date algorithms",
/// `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        _ => return None,
    };
    let shifted = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (shifted / 400, shifted % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (1..=longest)
        .contains(&day)
        .then_some(era * 146_097 + day_of_era - 719_468)
}

/// The year, month and day that lie this number of days after 1970-01-01: `civil_from_days` of the same source.
fn date_of(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<f64> {
        let time = text.parse::<StartTime>().ok()?;
        Some(time.0.as_secs_f64())
    }

    /// Computed by `date --date=... +%s`.
    #[test]
    fn times_are_unix_seconds_or_dates() {
        for (text, seconds) in [
            ("1795885200", 1_795_885_200.0),
            ("1795885200.25", 1_795_885_200.25),
            ("2026-11-28T17:00:00Z", 1_795_885_200.0),
            ("2026-11-28T18:00:00.25+01:00", 1_795_885_200.25),
            ("2026-11-28 11:30:00-05:30", 1_795_885_200.0),
            ("2000-02-29T12:34:56Z", 951_827_696.0),
            ("2100-02-28T23:59:59Z", 4_107_542_399.0),
            ("1970-01-01T00:00:00Z", 0.0),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2000-02-29T12:34:56Z",
            "2026-11-28T17:00:00Z",
            "2099-12-31T23:59:59Z",
            "2100-03-01T00:00:00Z",
        ] {
            let StartTime(time) = text.parse().unwrap();
            assert_eq!(Rfc3339(time).to_string(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "soon",
            "10s",
            "1e9",
            "-5",
            ".",
            "2026-11-28",
            "17:00:00Z",
            "2026-11-28T17:00:00",
            "2026-02-29T17:00:00Z",
            "2026-11-28T24:00:00Z",
            "2026-11-28T17:00:00.x5Z",
            "2026-11-28T17:00:00+1:00",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn times_in_the_past_and_those_in_milliseconds_are_refused() {
        let error = |time: Duration| StartTime(time).check().unwrap_err().to_string();
        let past = error(unix_now().saturating_sub(Duration::from_secs(90)));
        assert!(past.starts_with("--start-at: that time was 90"), "{past}");
        let far = error(unix_now() * 1000);
        assert!(far.contains("expected a time within 24 h"), "{far}");
        assert!(
            StartTime(unix_now() + Duration::from_secs(60))
                .check()
                .is_ok()
        );
    }
}
