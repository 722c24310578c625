//! The distribution of any number of latencies, which are measured times here, in bounded memory.

use super::log_histogram::{self, LOG_HISTOGRAM};
use crate::micros::as_micros;
use hdrhistogram::Histogram;
use std::fmt;
use std::iter;
use std::ops::AddAssign;
use std::time::Duration;

/// With this many latencies a histogram replaces the samples. The histogram takes some 100 KB: too
/// much for each of 1,000 workers that make a few attempts each.
const HISTOGRAM_FROM: usize = 256;

/// Latencies in whole microseconds: samples at first, later an HDR histogram of 3 significant digits, with an
/// exact minimum, maximum and sum.
#[derive(Clone, Default)]
pub struct LatencyStats {
    samples: Vec<u64>,
    histogram: Option<Histogram<u64>>,
    range: Option<(u64, u64)>,
    /// Microseconds.
    sum: u128,
}

impl LatencyStats {
    /// Adds a latency.
    pub fn record(&mut self, latency: Duration) {
        let micros = as_micros(latency);
        self.update_min_max((micros, micros));
        self.sum += u128::from(micros);
        self.put(micros);
    }

    /// The number of latencies.
    pub fn count(&self) -> u64 {
        self.samples.len() as u64 + self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// The exact minimum; `None` without latencies.
    pub fn min(&self) -> Option<Duration> {
        self.range.map(|(min, _)| Duration::from_micros(min))
    }

    /// The exact maximum; `None` without latencies.
    pub fn max(&self) -> Option<Duration> {
        self.range.map(|(_, max)| Duration::from_micros(max))
    }

    /// The exact sum.
    pub fn sum(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.sum).unwrap_or(u64::MAX))
    }

    /// The exact arithmetic mean; `None` without latencies.
    pub fn mean(&self) -> Option<Duration> {
        let micros = self.sum.checked_div(u128::from(self.count()))?;
        Some(Duration::from_micros(
            u64::try_from(micros).unwrap_or(u64::MAX),
        ))
    }

    /// The smallest latency such that at least this fraction (0 to 1) of all latencies are not above it. With up to 255
    /// latencies it is one of them, with more within 0.1% of one; it is never interpolated. `None` without latencies.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let (min, max) = self.range?;
        let micros = match &self.histogram {
            Some(histogram) => histogram.value_at_quantile(quantile).clamp(min, max),
            None => self.nearest_rank(quantile),
        };
        Some(Duration::from_micros(micros))
    }

    /// Latencies with their counts, in no particular order; the same latency may come several times. With more than 255
    /// latencies each is within 0.1%, which may be above [`max`](LatencyStats::max).
    pub fn counts(&self) -> impl Iterator<Item = (Duration, u64)> {
        let samples = self.samples.iter().map(|&micros| (micros, 1));
        let buckets = self.histogram.iter().flat_map(Histogram::iter_recorded);
        let buckets = buckets.map(|value| (value.value_iterated_to(), value.count_at_value()));
        samples
            .chain(buckets)
            .map(|(micros, count)| (Duration::from_micros(micros), count))
    }

    /// The latencies that were recorded after `earlier`, an earlier state of these; all, if it is none. They are within
    /// 0.1%, minimum and maximum too.
    pub fn since(&self, earlier: &LatencyStats) -> LatencyStats {
        let mut histogram = self.to_histogram();
        if histogram.subtract(earlier.to_histogram()).is_err() {
            return self.clone();
        }
        let is_empty = histogram.is_empty();
        LatencyStats {
            samples: Vec::new(),
            range: (!is_empty).then(|| (histogram.min(), histogram.max())),
            sum: self.sum.saturating_sub(earlier.sum),
            histogram: Some(histogram),
        }
    }

    /// The quantile by nearest rank; there must be a sample and no histogram.
    fn nearest_rank(&self, quantile: f64) -> u64 {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        // A search, because a rank computed with `ceil` would need a lossy cast.
        let rank = (1..sorted.len()).find(|&rank| rank as f64 >= quantile * sorted.len() as f64);
        sorted[rank.unwrap_or(sorted.len()) - 1]
    }

    /// The number of values that memory is allocated for.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        let buckets = (self.histogram.as_ref()).map_or(0, Histogram::distinct_values);
        self.samples.capacity() + buckets
    }

    /// Adds a latency to the distribution alone.
    fn put(&mut self, micros: u64) {
        match &mut self.histogram {
            Some(histogram) => put(histogram, micros),
            None => self.samples.push(micros),
        }
        if self.samples.len() >= HISTOGRAM_FROM {
            self.histogram = Some(self.to_histogram());
            self.samples = Vec::new();
        }
    }

    fn update_min_max(&mut self, (low, high): (u64, u64)) {
        let (min, max) = self.range.unwrap_or((low, high));
        self.range = Some((min.min(low), max.max(high)));
    }

    /// The latencies that a histogram of [`LOG_HISTOGRAM`]'s bounds holds, with what it does not hold exactly: their minimum
    /// and maximum, and their sum. `None` if these cannot be those of the histogram.
    pub fn from_log_histogram(
        histogram: &Histogram<u64>,
        range: Option<(Duration, Duration)>,
        sum: Duration,
    ) -> Option<LatencyStats> {
        let range = range.map(|(min, max)| (as_micros(min), as_micros(max)));
        let sum = sum.as_micros();
        let recorded = log_histogram::recorded(histogram);
        if !log_histogram::agrees(histogram, &recorded, range, sum) {
            return None;
        }
        let mut latencies = LatencyStats {
            range,
            sum,
            ..LatencyStats::default()
        };
        let Some((min, max)) = range else {
            return Some(latencies);
        };
        if histogram.len() < HISTOGRAM_FROM as u64 {
            for (micros, count) in recorded {
                let count = usize::try_from(count).ok()?;
                let samples = iter::repeat_n(micros.clamp(min, max), count);
                latencies.samples.extend(samples);
            }
        } else {
            // As large as its values need: one of the bounds of a log takes 230 KB.
            let highest = histogram.max().max(2);
            let mut all = Histogram::new_with_bounds(1, highest, 3).ok()?;
            all.auto(true);
            for (micros, count) in recorded {
                all.record_n(micros, count).ok()?;
            }
            latencies.histogram = Some(all);
        }
        Some(latencies)
    }

    /// All latencies as a histogram of microseconds with the bounds of [`LOG_HISTOGRAM`]. Longer ones count as the longest.
    pub fn to_log_histogram(&self) -> Histogram<u64> {
        let mut histogram = LOG_HISTOGRAM.empty();
        for (latency, count) in self.counts() {
            histogram.saturating_record_n(as_micros(latency), count);
        }
        histogram
    }

    /// All latencies as a histogram of microseconds with 3 significant digits.
    #[expect(clippy::missing_panics_doc, reason = "3 digits are always accepted")]
    pub fn to_histogram(&self) -> Histogram<u64> {
        let fresh = || Histogram::new(3).expect("a histogram can have 3 significant digits");
        let mut histogram = self.histogram.clone().unwrap_or_else(fresh);
        for &micros in &self.samples {
            put(&mut histogram, micros);
        }
        histogram
    }
}

fn put(histogram: &mut Histogram<u64>, micros: u64) {
    histogram
        .record(micros)
        .expect("a resizing histogram takes every value");
}

/// The count and some quantiles.
impl fmt::Debug for LatencyStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("LatencyStats");
        text.field("count", &self.count());
        for (name, quantile) in [("min", 0.0), ("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            if let Some(latency) = self.quantile(quantile) {
                text.field(name, &latency);
            }
        }
        text.finish()
    }
}

impl AddAssign<&LatencyStats> for LatencyStats {
    fn add_assign(&mut self, other: &LatencyStats) {
        if let Some(range) = other.range {
            self.update_min_max(range);
        }
        // Not that of the samples: those of a log are near the latencies that they stand for.
        self.sum += other.sum;
        if let Some(theirs) = &other.histogram {
            let mut sum = self.to_histogram();
            sum += theirs;
            self.histogram = Some(sum);
            self.samples = Vec::new();
        }
        for micros in &other.samples {
            self.put(*micros);
        }
    }
}

impl PartialEq for LatencyStats {
    /// Whether the distributions are equal as histograms, however they are held, and their extremes and sums are equal.
    fn eq(&self, other: &LatencyStats) -> bool {
        self.range == other.range
            && self.sum == other.sum
            && self.to_histogram() == other.to_histogram()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stats(micros: &[u64]) -> LatencyStats {
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
    fn no_latencies_have_no_statistics() {
        let none = LatencyStats::default();
        assert_eq!(
            (none.count(), none.quantile(0.5), none.min(), none.max()),
            (0, None, None, None)
        );
    }

    #[test]
    fn quantile_is_a_recorded_value() {
        let two = stats(&[10, 1_000_003]);
        assert_eq!(two.quantile(0.5), Some(us(10)));
        assert_eq!(two.quantile(0.51), Some(us(1_000_003)));
        assert_eq!(
            (two.quantile(0.0), two.quantile(1.0)),
            (Some(us(10)), Some(us(1_000_003)))
        );
    }

    #[test]
    fn p99_of_20_is_the_maximum() {
        assert_eq!(
            stats(&(1..=20).collect::<Vec<_>>()).quantile(0.99),
            Some(us(20))
        );
    }

    #[test]
    fn later_latencies_are_those_after_an_earlier_state() {
        let all: Vec<_> = (1..=1000).collect();
        for earlier in [0, 1, 255, 256, 999] {
            let since = stats(&all).since(&stats(&all[..earlier]));
            assert_eq!(since, stats(&all[earlier..]), "{earlier}");
        }
        assert_eq!(stats(&all).since(&stats(&all)).quantile(0.5), None);
        assert_eq!(stats(&[7]).since(&stats(&all)), stats(&[7]));
    }

    #[test]
    fn memory_does_not_grow_with_the_number_of_latencies() {
        let mut latencies = stats(&[1, 60_000_000]);
        let before = latencies.to_histogram().distinct_values();
        for n in 0..1_000_000 {
            latencies.record(Duration::from_micros(n));
        }
        assert_eq!(latencies.count(), 1_000_002);
        assert!(latencies.samples.capacity() <= HISTOGRAM_FROM);
        assert_eq!(latencies.to_histogram().distinct_values(), before);
    }

    fn logged(latencies: &LatencyStats, sum: Duration) -> Option<LatencyStats> {
        let range = latencies.min().zip(latencies.max());
        LatencyStats::from_log_histogram(&latencies.to_log_histogram(), range, sum)
    }

    #[test]
    fn latencies_longer_than_a_log_holds_count_as_the_longest() {
        let days = stats(&[1, 300_000_000_000]);
        let read = logged(&days, days.sum()).unwrap();
        assert_eq!((read.count(), read.max()), (2, days.max()));
    }

    #[test]
    fn figures_that_are_not_those_of_the_histogram_are_refused() {
        let two = stats(&[10, 1_000_003]);
        let (histogram, sum) = (two.to_log_histogram(), two.sum());
        let read = |range, sum| LatencyStats::from_log_histogram(&histogram, range, sum);
        let (min, max) = (us(10), us(1_000_003));
        assert_eq!(read(Some((min, max)), sum), Some(two.clone()));
        for range in [
            None,
            Some((us(9), max)),
            Some((min, us(1_100_000))),
            Some((max, min)),
        ] {
            assert_eq!(read(range, sum), None, "{range:?}");
        }
        assert_eq!(read(Some((min, max)), sum / 2), None);
        let none = LatencyStats::default();
        assert_eq!(logged(&none, us(0)), Some(none.clone()));
        assert_eq!(logged(&none, us(1)), None);
    }

    proptest! {
        #[test]
        fn latencies_of_a_log_are_those_that_were_written_and_add_up_as_they_do(
            micros in prop::collection::vec(0u64..172_800_000_000, 0..700), at in 0usize..700,
        ) {
            let (left, right) = micros.split_at(at.min(micros.len()));
            let mut sum = LatencyStats::default();
            for part in [left, right].map(stats) {
                let read = logged(&part, part.sum()).unwrap();
                prop_assert_eq!(&read, &part);
                prop_assert_eq!((read.count(), read.quantile(1.0)), (part.count(), part.quantile(1.0)));
                sum += &read;
            }
            prop_assert_eq!(sum, stats(&micros));
        }

        #[test]
        fn sum_of_parts_equals_the_whole(
            micros in prop::collection::vec(0u64..100_000_000, 0..700), at in 0usize..700,
        ) {
            let (left, right) = micros.split_at(at.min(micros.len()));
            let mut sum = stats(left);
            sum += &stats(right);
            prop_assert_eq!(sum, stats(&micros));
        }

        #[test]
        fn quantile_is_within_a_thousandth_of_the_nearest_rank(
            micros in prop::collection::vec(0u64..100_000_000, 1..700), percent in 1usize..=100,
        ) {
            let mut sorted = micros.clone();
            sorted.sort_unstable();
            let rank = (percent * sorted.len()).div_ceil(100);
            let exact = sorted[rank - 1];
            let got = as_micros(stats(&micros).quantile(percent as f64 / 100.0).unwrap());
            // The quantile is a float and may select the next rank.
            let next = sorted[rank.min(sorted.len() - 1)];
            prop_assert!(exact - exact / 1000 <= got && got <= next + next / 1000 + 1, "{got} {exact}");
        }
    }
}
