//! Response times as Locust wants them: few different ones, with their counts.
//!
//! Locust's own workers round to whole milliseconds below 100 ms, and to two digits above; the master takes any number.
//! These are the upper ends of HdrHistogram's buckets of 2 significant digits, so that each is less than 1% too large. A
//! master needs a millisecond for 2,000 different ones; 1 digit is used from 1,000 on.

use crate::worker::messages::ResponseTimes;
use flagpole_protocol::LatencyStats;
use std::collections::BTreeMap;

/// The most different response times of an entry.
const KEY_LIMIT: usize = 1000;

/// Buckets have this many leading bits with 2 digits: a 128th.
const BITS_OF_2_DIGITS: u32 = 8;

/// With 1 digit: a 16th.
const BITS_OF_1_DIGIT: u32 = 5;

pub(super) fn response_times(times: &LatencyStats) -> ResponseTimes {
    let fine = counts(times, BITS_OF_2_DIGITS);
    if fine.len() <= KEY_LIMIT {
        ResponseTimes(fine)
    } else {
        ResponseTimes(counts(times, BITS_OF_1_DIGIT))
    }
}

fn counts(times: &LatencyStats, bits: u32) -> BTreeMap<u64, u64> {
    let max = times.max().unwrap_or_default().as_micros();
    let max = u64::try_from(max).unwrap_or(u64::MAX);
    let mut counts = BTreeMap::new();
    for (time, count) in times.counts() {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        *counts.entry(bucket_end(micros, bits).min(max)).or_default() += count;
    }
    counts
}

/// The largest value with the same leading bits.
fn bucket_end(value: u64, bits: u32) -> u64 {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(bits);
    value | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram;
    use std::time::Duration;

    fn stats(micros: impl IntoIterator<Item = u64>) -> LatencyStats {
        let mut times = LatencyStats::default();
        for micros in micros {
            times.record(Duration::from_micros(micros));
        }
        times
    }

    #[test]
    fn keys_are_those_of_a_histogram_of_2_digits() {
        let mut histogram = Histogram::<u64>::new(2).unwrap();
        let micros: Vec<u64> = (0..500).map(|n| n * n * 7).collect();
        for &micros in &micros {
            histogram.record(micros).unwrap();
        }
        let expected: BTreeMap<u64, u64> = (histogram.iter_recorded())
            .map(|value| {
                (
                    value.value_iterated_to().min(499 * 499 * 7),
                    value.count_at_value(),
                )
            })
            .collect();
        assert_eq!(response_times(&stats(micros)).0, expected);
    }

    #[test]
    fn a_time_is_never_above_the_maximum() {
        assert_eq!(
            response_times(&stats([1025])).0,
            BTreeMap::from([(1025, 1)])
        );
    }

    #[test]
    fn many_different_times_have_1_digit() {
        let wide = response_times(&stats((0..200_000).map(|n| n * n / 4)));
        assert!(wide.0.len() <= KEY_LIMIT, "{}", wide.0.len());
        assert_eq!(wide.0.values().sum::<u64>(), 200_000);
    }

    #[test]
    fn no_times_have_no_keys() {
        assert_eq!(response_times(&LatencyStats::default()).0, BTreeMap::new());
    }
}
