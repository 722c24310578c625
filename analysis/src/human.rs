//! Durations and counts as a person reads them, formatted in one place.

use std::fmt;
use std::time::Duration;

/// A duration with 3 significant digits in a suitable unit: `61.0 µs`, `412 ms`, `1.03 s`. Fewer digits below 1 µs
/// (`0.05 µs`), more from 1000 s on (`3600 s`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HumanDuration(pub Duration);

impl HumanDuration {
    pub(crate) const fn from_micros(micros: u64) -> HumanDuration {
        HumanDuration(Duration::from_micros(micros))
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
            v if v < 9.995 => 2,
            v if v < 99.95 => 1,
            _ => 0,
        };
        f.pad(&format!("{value:.decimals$} {unit}"))
    }
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
    fn only_1_is_singular() {
        let texts = [0, 1, 2].map(|count: u64| plural(count, "core"));
        assert_eq!(texts, ["0 cores", "1 core", "2 cores"]);
    }

    #[test]
    fn three_digits_are_shown_in_the_unit_that_suits() {
        for (nanos, shown) in [
            (0, "0.00 µs"),
            (61_000, "61.0 µs"),
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
