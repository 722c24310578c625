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

/// The recorded values of a histogram, each the highest of its bucket, with their counts.
pub(super) fn recorded(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    let values = histogram.iter_recorded();
    values
        .map(|value| (value.value_iterated_to(), value.count_at_value()))
        .collect()
}

/// Whether latencies with this exact minimum and maximum, and this exact sum, can have this histogram with these recorded values.
pub(super) fn agrees(
    histogram: &Histogram<u64>,
    recorded: &[(u64, u64)],
    range: Option<(u64, u64)>,
    sum: u128,
) -> bool {
    let Some((min, max)) = range else {
        return histogram.is_empty() && sum == 0;
    };
    let highest = histogram.high();
    let is_at = |exact: u64, bucket| histogram.equivalent(exact.min(highest), bucket);
    let (mut lowest_sum, mut highest_sum) = (0, 0);
    for &(micros, count) in recorded {
        lowest_sum += u128::from(histogram.lowest_equivalent(micros)) * u128::from(count);
        highest_sum += u128::from(micros) * u128::from(count);
    }
    let is_sum = lowest_sum <= sum && (sum <= highest_sum || max > highest);
    let is_ordered = !histogram.is_empty() && min <= max;
    is_ordered && is_at(min, histogram.min()) && is_at(max, histogram.max()) && is_sum
}
