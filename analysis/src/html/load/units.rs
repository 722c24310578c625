//! Axes of latencies, which span from microseconds to minutes.

use crate::html::chart::axis::Axis;
use crate::html::chart::scale::Scale;
use crate::html::chart::units::plain;

/// A logarithmic axis of latencies in microseconds.
pub(super) fn latency_axis(title: &str, values: impl Iterator<Item = f64>) -> Axis {
    Axis::new(title, Scale::log_around(values), latency_ticks)
}

/// Each tick in its own unit: `20 µs`, `1 ms`, `2 s`.
pub(super) fn latency_ticks(ticks_us: &[f64]) -> Vec<(f64, String)> {
    let text = |us: f64| match us {
        us if us < 999.5 => format!("{} µs", plain(us)),
        us if us < 999_500.0 => format!("{} ms", plain(us / 1e3)),
        us => format!("{} s", plain(us / 1e6)),
    };
    ticks_us.iter().map(|&us| (us, text(us))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tick_has_the_unit_that_suits() {
        let ticks = latency_ticks(&[0.5, 20.0, 1000.0, 2.5e6]).into_iter();
        let texts: Vec<_> = ticks.map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.5 µs", "20 µs", "1 ms", "2.5 s"]);
    }
}
