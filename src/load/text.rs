//! Figures of a run as a person reads them while it goes on.

use flagpole_analysis::{HumanDuration, grouped};
use std::time::Duration;

/// A number per second: `41,203/s`, `7.25/s`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate < 9.995 => format!("{rate:.2}/s"),
        rate if rate < 99.95 => format!("{rate:.1}/s"),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is far below 2^64"
        )]
        rate => format!("{}/s", grouped(rate.round() as u64)),
    }
}

/// A number of bytes per second: `1.20 MB/s`.
pub(crate) fn bandwidth(bytes_per_second: f64) -> String {
    let (value, unit) = match bytes_per_second {
        value if value < 1e3 => return format!("{value:.0} B/s"),
        value if value < 1e6 => (value / 1e3, "kB/s"),
        value if value < 1e9 => (value / 1e6, "MB/s"),
        value => (value / 1e9, "GB/s"),
    };
    format!("{value:.2} {unit}")
}

/// A latency; `-` if there is none.
pub(crate) fn latency(time: Option<Duration>) -> String {
    time.map_or("-".to_owned(), |time| HumanDuration(time).to_string())
}

/// Minutes and seconds, with hours from an hour on: `0:07`, `1:02:03`.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_have_units() {
        let rates = [0.0, 7.254, 41.26, 41_202.6].map(rate);
        assert_eq!(rates, ["0.00/s", "7.25/s", "41.3/s", "41,203/s"]);
        let bandwidths = [12.0, 1_200_000.0].map(bandwidth);
        assert_eq!(bandwidths, ["12 B/s", "1.20 MB/s"]);
        let clocks = [7, 3723].map(|seconds| clock(Duration::from_secs(seconds)));
        assert_eq!(clocks, ["0:07", "1:02:03"]);
    }
}
