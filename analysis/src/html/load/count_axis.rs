//! Axes of counts.

use crate::html::chart::axis::Axis;
use crate::html::chart::scale::Scale;

/// An axis of counts from 0, whose ticks are whole numbers.
pub(super) fn count_axis(title: &str, counts: impl Iterator<Item = f64>) -> Axis {
    let mut axis = Axis::numbers(title, Scale::from_zero(counts));
    axis.ticks.retain(|(count, _)| count.fract().abs() < 1e-9);
    axis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_parts_of_a_request() {
        let ticks = |max: f64| -> Vec<String> {
            let axis = count_axis("requests", [max].into_iter());
            axis.ticks.into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(ticks(3.0), ["0", "1", "2", "3"]);
        assert_eq!(ticks(15.0), ["0", "5", "10", "15"]);
        assert_eq!(ticks(1200.0), ["0", "250", "500", "750", "1,000", "1,250"]);
    }
}
