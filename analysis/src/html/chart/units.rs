//! Numbers as ticks of an axis: all in one unit, with as many decimals as tell them apart.

/// The units of durations, with their lengths in microseconds.
const UNITS: [(f64, &str); 3] = [(1e6, "s"), (1e3, "ms"), (1.0, "µs")];

/// Durations in microseconds as ticks: `0`, `50 ms`, `100 ms`, in the unit of the largest.
pub(crate) fn duration_ticks(ticks_us: &[f64]) -> Vec<(f64, String)> {
    let largest = ticks_us.iter().copied().fold(0.0, f64::max);
    let fits = |(length, _): &&(f64, &str)| largest >= *length;
    let (length, unit) = UNITS.iter().find(fits).copied().unwrap_or((1.0, "µs"));
    let text = |us: f64| match plain(us / length) {
        zero if zero == "0" => zero,
        number => format!("{number} {unit}"),
    };
    ticks_us.iter().map(|&us| (us, text(us))).collect()
}

/// Durations in microseconds as ticks of a logarithmic axis, each in its own unit: `500 µs`, `10 ms`, `2 s`.
pub(crate) fn separate_duration_ticks(ticks_us: &[f64]) -> Vec<(f64, String)> {
    let texts = ticks_us.iter().flat_map(|&us| duration_ticks(&[us]));
    texts.collect()
}

/// Numbers as ticks: `0`, `0.5`, `1`.
pub(crate) fn number_ticks(ticks: &[f64]) -> Vec<(f64, String)> {
    ticks.iter().map(|&tick| (tick, plain(tick))).collect()
}

/// Ratios as ticks: `0.5x`, `1x`.
pub(crate) fn ratio_ticks(ticks: &[f64]) -> Vec<(f64, String)> {
    let text = |tick| plain(tick) + "x";
    ticks.iter().map(|&tick| (tick, text(tick))).collect()
}

/// Shares as ticks: `0%`, `2.5%`.
pub(crate) fn share_ticks(ticks: &[f64]) -> Vec<(f64, String)> {
    let text = |tick| plain(100.0 * tick) + "%";
    ticks.iter().map(|&tick| (tick, text(tick))).collect()
}

/// Quantiles as ticks: `p50`, `p99.9`; `min` at 0.
pub(crate) fn quantile_ticks(ticks: &[f64]) -> Vec<(f64, String)> {
    let text = |tick: f64| match tick {
        0.0 => "min".to_owned(),
        tick => format!("p{}", plain(100.0 * tick)),
    };
    ticks.iter().map(|&tick| (tick, text(tick))).collect()
}

/// A number with at most 6 significant digits, without zeros at its end, in groups of three digits from 1,000 on.
pub(crate) fn plain(number: f64) -> String {
    let decimals = match number.abs() {
        0.0 => 0,
        number if number < 1.0 => 6,
        number if number < 1000.0 => 4,
        _ => 1,
    };
    let text = format!("{number:.decimals$}");
    let text = match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
        None => &text,
    };
    if text == "-0" {
        return "0".to_owned();
    }
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    match whole.parse::<u64>() {
        Ok(whole) => crate::grouped(whole) + rest,
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: Vec<(f64, String)>) -> String {
        let texts: Vec<_> = ticks.into_iter().map(|(_, text)| text).collect();
        texts.join(" ")
    }

    #[test]
    fn durations_share_the_unit_of_the_largest() {
        assert_eq!(texts(duration_ticks(&[0.0, 5e4, 1e5])), "0 50 ms 100 ms");
        assert_eq!(texts(duration_ticks(&[0.0, 5e5, 1e6])), "0 0.5 s 1 s");
        assert_eq!(texts(duration_ticks(&[0.0, 50.0])), "0 50 µs");
    }

    #[test]
    fn numbers_have_the_decimals_that_they_need() {
        assert_eq!(plain(0.1 + 0.2), "0.3");
        assert_eq!(plain(1_250_000.0), "1,250,000");
        assert_eq!(plain(-0.0), "0");
        assert_eq!(plain(-2.5), "-2.5");
        assert_eq!(texts(ratio_ticks(&[0.98, 1.0])), "0.98x 1x");
        assert_eq!(texts(quantile_ticks(&[0.0, 0.5, 0.999])), "min p50 p99.9");
    }
}
