//! The histograms of interval logs, whose bounds never change, so that logs of any versions add up bucket by bucket.

use hdrhistogram::Histogram;

/// The bounds of every histogram that flagpole writes into a log.
pub const LOG_HISTOGRAM: LogHistogram = LogHistogram {
    lowest_us: 1,
    highest_us: 172_800_000_000,
    digits: 3,
};

/// The bounds of a histogram of microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHistogram {
    /// The lowest latency that differs from 0.
    pub lowest_us: u64,
    /// The highest latency: 48 hours, as long as the longest run with the longest grace.
    pub highest_us: u64,
    /// The number of significant digits.
    pub digits: u8,
}

impl LogHistogram {
    /// A histogram with these bounds.
    #[expect(clippy::missing_panics_doc, reason = "the only bounds are valid ones")]
    pub fn empty(self) -> Histogram<u64> {
        Histogram::new_with_bounds(self.lowest_us, self.highest_us, self.digits)
            .expect("the bounds are valid")
    }
}

/// Whether latencies with this exact minimum and maximum, and this exact sum, can have this histogram.
pub(super) fn agrees(histogram: &Histogram<u64>, range: Option<(u64, u64)>, sum: u128) -> bool {
    let Some((min, max)) = range else {
        return histogram.is_empty() && sum == 0;
    };
    let highest = histogram.high();
    let is_at = |exact: u64, bucket| histogram.equivalent(exact.min(highest), bucket);
    let (mut lowest_sum, mut highest_sum) = (0, 0);
    for value in histogram.iter_recorded() {
        let (micros, count) = (
            value.value_iterated_to(),
            u128::from(value.count_at_value()),
        );
        lowest_sum += u128::from(histogram.lowest_equivalent(micros)) * count;
        highest_sum += u128::from(histogram.highest_equivalent(micros)) * count;
    }
    let is_sum = lowest_sum <= sum && (sum <= highest_sum || max > highest);
    let is_ordered = !histogram.is_empty() && min <= max;
    is_ordered && is_at(min, histogram.min()) && is_at(max, histogram.max()) && is_sum
}
