//! Durations and counts as a person reads them, formatted in one place.

use std::fmt;
use std::time::Duration;

/// A duration with 3 significant digits in a suitable unit: `412 ms`, `1.03 s`; more from 1000 s on (`3600 s`). Below
/// 1 ms a whole number of microseconds (`61 µs`), which is the resolution of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    pub(crate) const fn from_micros(micros: u64) -> HumanDuration {
        HumanDuration(Duration::from_micros(micros))
    }

    /// From a mean of whole microseconds, which is not negative; the longest duration for one that no clock can measure.
    pub(crate) fn from_mean(micros: f64) -> HumanDuration {
        HumanDuration(Duration::try_from_secs_f64(micros / 1e6).unwrap_or(Duration::MAX))
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_secs_f64() * 1e6;
        // Each limit is where rounding would give one digit too many: `1000 µs`, `10.00 ms`, `100.0 ms`.
        let (value, unit) = match micros {
            us if us < 999.5 => (us, "µs"),
            us if us < 999_500.0 => (us / 1e3, "ms"),
            us => (us / 1e6, "s"),
        };
        let decimals = match value {
            _ if unit == "µs" => 0,
            v if v < 9.995 => 2,
            v if v < 99.95 => 1,
            _ => 0,
        };
        f.pad(&format!("{value:.decimals$} {unit}"))
    }
}

/// A ratio (`19.2x`) and the ends of its interval with as many decimals as the ratio: 3 significant digits, and up to 4
/// decimals where the ends would look equal otherwise, or like 1 although the interval excludes it.
pub(crate) fn ratio_texts(ratio: f64, interval: Option<[f64; 2]>) -> (String, Option<[String; 2]>) {
    let least = match ratio {
        ratio if ratio >= 99.95 => 0,
        ratio if ratio >= 9.995 => 1,
        ratio if ratio >= 0.5 => 2,
        ratio if ratio >= 0.0995 => 3,
        _ => 4,
    };
    let text = |value: f64, decimals: usize| format!("{value:.decimals$}");
    let is_clear = |decimals: &usize| {
        interval.is_none_or(|[low, high]| {
            let [one, low_text, high_text] = [1.0, low, high].map(|end| text(end, *decimals));
            let excludes_one = low > 1.0 || high < 1.0;
            low_text != high_text && !(excludes_one && (low_text == one || high_text == one))
        })
    };
    let decimals = (least..4).find(is_clear).unwrap_or(4);
    let interval = interval.map(|ends| ends.map(|end| text(end, decimals)));
    (text(ratio, decimals) + "x", interval)
}

/// A share as a percentage: `12%`, `1.4%`.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let decimals = usize::from(percent < 9.95);
    format!("{percent:.decimals$}%")
}

/// A share as [`percent`] gives it; `<0.1%` where that would look like 0.
pub(crate) fn visible_percent(share: f64) -> String {
    if 0.0 < share && share < 0.0005 {
        "<0.1%".to_owned()
    } else {
        percent(share)
    }
}

/// `async`, `threads and async`, `sequential, threads and async`.
pub(crate) fn list(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A number per second, with 3 significant digits where it is below 1,000.
pub(crate) fn rate(value: f64) -> String {
    let decimals = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

/// A whole number in groups of three digits: `41,900`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number per second like [`rate`]; from 1,000 on with 4 significant digits: `41,900`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is positive; casts saturate"
)]
pub(crate) fn grouped_rate(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    if value < 999.5 {
        return rate(value);
    }
    let unit = 10_f64.powf(value.log10().floor() - 3.0).max(1.0);
    grouped(((value / unit).round() * unit) as u64)
}

/// `1 core`, `2 cores`.
pub(crate) fn plural(count: impl Copy + PartialEq + From<u8> + fmt::Display, noun: &str) -> String {
    let s = if count == 1.into() { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_from_1000_on_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        let rates = [0.0, 0.5, 999.4, 1411.2, 41_897.0, 1_234_567.0].map(grouped_rate);
        assert_eq!(rates, ["0", "0.50", "999", "1,411", "41,900", "1,235,000"]);
    }

    #[test]
    fn only_1_is_singular() {
        let texts = [0, 1, 2].map(|count: u64| plural(count, "core"));
        assert_eq!(texts, ["0 cores", "1 core", "2 cores"]);
    }

    #[test]
    fn ratio_has_three_digits_and_its_interval_as_many_decimals() {
        let texts = |ratio, interval| {
            let (ratio, interval) = ratio_texts(ratio, interval);
            let interval = interval.map(|[low, high]| format!(" ({low} to {high})"));
            ratio + &interval.unwrap_or_default()
        };
        assert_eq!(texts(19.21, Some([19.08, 19.34])), "19.2x (19.1 to 19.3)");
        assert_eq!(texts(1.03, Some([0.94, 1.12])), "1.03x (0.94 to 1.12)");
        assert_eq!(texts(0.0521, None), "0.0521x");
        assert_eq!(texts(1204.0, None), "1204x");
    }

    #[test]
    fn interval_that_excludes_1_does_not_look_like_1() {
        let (ratio, interval) = ratio_texts(1.0052, Some([1.0031, 1.0073]));
        assert_eq!(ratio, "1.005x");
        assert_eq!(interval, Some(["1.003".to_owned(), "1.007".to_owned()]));
        let (_, interval) = ratio_texts(1.0, Some([0.999_97, 1.000_03]));
        assert_eq!(interval, Some(["1.0000".to_owned(), "1.0000".to_owned()]));
    }

    #[test]
    fn three_digits_are_shown_in_the_unit_that_suits() {
        for (nanos, shown) in [
            (0, "0 µs"),
            (61_000, "61 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (9_994_000, "9.99 ms"),
            (9_996_000, "10.0 ms"),
            // The float nearest to 50.15 is below 50.15.
            (50_150_000, "50.1 ms"),
            (412_300_000, "412 ms"),
            (999_600_000, "1.00 s"),
            (1_034_000_000, "1.03 s"),
            (61_200_000_000, "61.2 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(
                HumanDuration(Duration::from_nanos(nanos)).to_string(),
                shown
            );
        }
    }
}
