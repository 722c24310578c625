//! A distribution of latencies that stays small, however many are recorded.

use crate::as_micros;
use hdrhistogram::Histogram;
use std::ops::AddAssign;
use std::time::Duration;

/// So many latencies are kept one by one before the histogram is made: it takes some 100 KB, too
/// much for each of 1,000 lanes that make a few attempts each.
const FEW: usize = 256;

/// LatencyStats in whole microseconds: an HDR histogram of 3 significant digits, with an exact minimum
/// and maximum.
#[derive(Clone, Debug, Default)]
pub struct LatencyStats {
    few: Vec<u64>,
    many: Option<Histogram<u64>>,
    range: Option<(u64, u64)>,
}

impl LatencyStats {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        let micros = as_micros(latency);
        self.widen((micros, micros));
        match &mut self.many {
            Some(histogram) => put(histogram, micros),
            None => self.few.push(micros),
        }
        if self.few.len() >= FEW {
            self.many = Some(self.histogram());
            self.few = Vec::new();
        }
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.few.len() as u64 + self.many.as_ref().map_or(0, Histogram::len)
    }

    /// The smallest, exactly; `None` if there are none.
    pub fn min(&self) -> Option<Duration> {
        self.range.map(|(min, _)| Duration::from_micros(min))
    }

    /// The largest, exactly; `None` if there are none.
    pub fn max(&self) -> Option<Duration> {
        self.range.map(|(_, max)| Duration::from_micros(max))
    }

    /// The least latency that at least this share (0 to 1) of all do not exceed: one of them, exactly
    /// while there are few and within 0.1% when there are many, never a value between two. `None` if
    /// there are none.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let (min, max) = self.range?;
        let micros = match &self.many {
            Some(histogram) => histogram.value_at_quantile(share).clamp(min, max),
            None => self.nearest_rank(share),
        };
        Some(Duration::from_micros(micros))
    }

    /// How often each came, in no order: exactly while there are few, within 0.1% when there are many.
    pub fn counts(&self) -> impl Iterator<Item = (Duration, u64)> {
        let few = self.few.iter().map(|&micros| (micros, 1));
        let many = self.many.iter().flat_map(Histogram::iter_recorded);
        let many = many.map(|value| (value.value_iterated_to(), value.count_at_value()));
        few.chain(many)
            .map(|(micros, count)| (Duration::from_micros(micros), count))
    }

    /// Of few, of which there is at least one.
    fn nearest_rank(&self, share: f64) -> u64 {
        let mut sorted = self.few.clone();
        sorted.sort_unstable();
        let rank = (1..sorted.len()).find(|&rank| rank as f64 >= share * sorted.len() as f64);
        sorted[rank.unwrap_or(sorted.len()) - 1]
    }

    /// How many numbers are kept, with those that there is room for.
    #[cfg(test)]
    pub fn room(&self) -> usize {
        let many = self.many.as_ref().map_or(0, Histogram::distinct_values);
        self.few.capacity() + many
    }

    fn widen(&mut self, (low, high): (u64, u64)) {
        let (min, max) = self.range.unwrap_or((low, high));
        self.range = Some((min.min(low), max.max(high)));
    }

    /// All of them as one histogram, however they are kept.
    fn histogram(&self) -> Histogram<u64> {
        let fresh =
            || Histogram::new(3).expect("3 is a number of digits that a histogram can have");
        let mut histogram = self.many.clone().unwrap_or_else(fresh);
        for &micros in &self.few {
            put(&mut histogram, micros);
        }
        histogram
    }
}

fn put(histogram: &mut Histogram<u64>, micros: u64) {
    histogram
        .record(micros)
        .expect("a histogram that grows takes every value");
}

impl AddAssign<&LatencyStats> for LatencyStats {
    fn add_assign(&mut self, other: &LatencyStats) {
        if let Some(range) = other.range {
            self.widen(range);
        }
        if let Some(theirs) = &other.many {
            let mut sum = self.histogram();
            sum += theirs;
            self.many = Some(sum);
            self.few = Vec::new();
        }
        for micros in &other.few {
            self.record(Duration::from_micros(*micros));
        }
    }
}

impl PartialEq for LatencyStats {
    /// The same distribution, however it is kept.
    fn eq(&self, other: &LatencyStats) -> bool {
        self.range == other.range && self.histogram() == other.histogram()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(micros: &[u64]) -> LatencyStats {
        let mut latencies = LatencyStats::default();
        for &micros in micros {
            latencies.record(Duration::from_micros(micros));
        }
        latencies
    }

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn of_none_nothing_is_said() {
        let none = LatencyStats::default();
        assert_eq!(
            (none.count(), none.quantile(0.5), none.min(), none.max()),
            (0, None, None, None)
        );
    }

    #[test]
    fn a_percentile_is_one_of_the_values_not_between_two() {
        let two = of(&[10, 1_000_003]);
        assert_eq!(two.quantile(0.5), Some(us(10)));
        assert_eq!(two.quantile(0.51), Some(us(1_000_003)));
        assert_eq!(
            (two.quantile(0.0), two.quantile(1.0)),
            (Some(us(10)), Some(us(1_000_003)))
        );
    }

    #[test]
    fn the_99th_percentile_of_20_is_the_slowest() {
        assert_eq!(
            of(&(1..=20).collect::<Vec<_>>()).quantile(0.99),
            Some(us(20))
        );
    }

    #[test]
    fn a_million_take_no_more_room_than_a_thousand() {
        let mut latencies = of(&[1, 60_000_000]);
        let before = latencies.histogram().distinct_values();
        for n in 0..1_000_000 {
            latencies.record(Duration::from_micros(n));
        }
        assert_eq!(latencies.count(), 1_000_002);
        assert!(latencies.few.capacity() <= FEW);
        assert_eq!(latencies.histogram().distinct_values(), before);
    }

    proptest! {
        #[test]
        fn tallying_in_parts_and_adding_is_tallying_at_once(
            micros in prop::collection::vec(0u64..100_000_000, 0..700), at in 0usize..700,
        ) {
            let (left, right) = micros.split_at(at.min(micros.len()));
            let mut sum = of(left);
            sum += &of(right);
            prop_assert_eq!(sum, of(&micros));
        }

        #[test]
        fn a_percentile_is_within_a_thousandth_of_the_sample_of_that_rank(
            micros in prop::collection::vec(0u64..100_000_000, 1..700), percent in 1usize..=100,
        ) {
            let mut sorted = micros.clone();
            sorted.sort_unstable();
            let rank = (percent * sorted.len()).div_ceil(100);
            let exact = sorted[rank - 1];
            let got = as_micros(of(&micros).quantile(percent as f64 / 100.0).unwrap());
            // The share is a float: the next rank may be met instead of the exact one.
            let next = sorted[rank.min(sorted.len() - 1)];
            prop_assert!(exact - exact / 1000 <= got && got <= next + next / 1000 + 1, "{got} {exact}");
        }
    }
}
