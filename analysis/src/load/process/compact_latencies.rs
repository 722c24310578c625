//! Latencies in as little memory as they need, for thousands of seconds at a time.

use flagpole_protocol::{LOG_HISTOGRAM, LatencyStats, as_micros};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::time::Duration;

/// Values below have buckets of their own; above, each power of two has half as many buckets. That is a histogram of 3
/// significant digits (`LOG_HISTOGRAM`).
const SINGLE_VALUES: u64 = 2048;
const PER_OCTAVE: u64 = SINGLE_VALUES / 2;

/// A histogram with the buckets of [`LatencyStats`], of which only those with latencies take memory, 2 to 4 bytes each. Exact
/// minimum, maximum and sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CompactLatencies {
    /// For each bucket, the distance of its number from that of the one before, and its count: each in 7 bits a byte, the
    /// lowest first, with the highest bit of a byte set if another one follows.
    encoded: Vec<u8>,
    range: Option<(Duration, Duration)>,
    sum: Duration,
}

impl CompactLatencies {
    /// Adds latencies.
    pub(super) fn add(&mut self, latencies: &LatencyStats) {
        let Some(range) = latencies.min().zip(latencies.max()) else {
            return;
        };
        let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
        for (latency, count) in latencies.counts() {
            *buckets.entry(bucket(as_micros(latency))).or_default() += count;
        }
        self.add_buckets(buckets.into_iter(), range, latencies.sum());
    }

    /// Adds other latencies.
    pub(super) fn merge(&mut self, other: &CompactLatencies) {
        if let Some(range) = other.range {
            self.add_buckets(other.buckets(), range, other.sum);
        }
    }

    /// All latencies.
    pub(super) fn to_stats(&self) -> LatencyStats {
        let mut histogram = LOG_HISTOGRAM.empty();
        for (bucket, count) in self.buckets() {
            histogram.saturating_record_n(lowest(bucket), count);
        }
        LatencyStats::from_log_histogram(&histogram, self.range, self.sum)
            .expect("extremes and sum are those of the latencies")
    }

    fn add_buckets(
        &mut self,
        buckets: impl Iterator<Item = (u64, u64)>,
        range: (Duration, Duration),
        sum: Duration,
    ) {
        let (min, max) = self.range.unwrap_or(range);
        self.range = Some((min.min(range.0), max.max(range.1)));
        self.sum += sum;
        let mut encoded = Vec::with_capacity(self.encoded.len() + 8);
        let mut last = 0;
        let sums = SortedSum {
            one: self.buckets().peekable(),
            other: buckets.peekable(),
        };
        for (bucket, count) in sums {
            put(&mut encoded, bucket - last);
            put(&mut encoded, count);
            last = bucket;
        }
        self.encoded = encoded;
    }

    /// The buckets with their counts, in rising order.
    fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut bytes = self.encoded.iter().copied();
        let mut last = 0;
        std::iter::from_fn(move || {
            last += take(&mut bytes)?;
            Some((last, take(&mut bytes)?))
        })
    }
}

/// Two rising sequences of buckets as one.
struct SortedSum<A: Iterator, B: Iterator> {
    one: Peekable<A>,
    other: Peekable<B>,
}

impl<A, B> Iterator for SortedSum<A, B>
where
    A: Iterator<Item = (u64, u64)>,
    B: Iterator<Item = (u64, u64)>,
{
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        let at = |next: Option<&(u64, u64)>| next.map_or(u64::MAX, |(bucket, _)| *bucket);
        let (one, other) = (at(self.one.peek()), at(self.other.peek()));
        let first = self.one.next_if(|_| one <= other);
        let second = self.other.next_if(|_| other <= one);
        match (first, second) {
            (Some((bucket, count)), Some((_, more))) => Some((bucket, count + more)),
            (first, second) => first.or(second),
        }
    }
}

/// The number of the bucket of a latency in microseconds.
fn bucket(us: u64) -> u64 {
    if us < SINGLE_VALUES {
        return us;
    }
    let octave = u64::from(us.ilog2() - PER_OCTAVE.ilog2());
    octave * PER_OCTAVE + (us >> octave)
}

/// The lowest latency of a bucket.
fn lowest(bucket: u64) -> u64 {
    if bucket < SINGLE_VALUES {
        return bucket;
    }
    let octave = bucket / PER_OCTAVE - 1;
    (bucket - octave * PER_OCTAVE) << octave
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).expect("7 bits fit into a byte");
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stats(micros: &[u64]) -> LatencyStats {
        let mut stats = LatencyStats::default();
        for us in micros {
            stats.record(Duration::from_micros(*us));
        }
        stats
    }

    fn latencies() -> impl Strategy<Value = Vec<u64>> {
        let us = prop_oneof![0u64..5000, 0u64..10_000_000, 0u64..100_000_000_000];
        prop::collection::vec(us, 0..600)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn latencies_are_the_same_bucket_by_bucket(one in latencies(), other in latencies()) {
            let mut compact = CompactLatencies::default();
            compact.add(&stats(&one));
            let mut second = CompactLatencies::default();
            second.add(&stats(&other));
            compact.merge(&second);
            let all: Vec<u64> = one.iter().chain(&other).copied().collect();
            let mut added = CompactLatencies::default();
            added.add(&stats(&all));
            prop_assert_eq!(&compact, &added);
            prop_assert_eq!(compact.to_stats(), stats(&all));
        }

        #[test]
        fn bucket_is_that_of_the_histogram(us in 0u64..172_800_000_000) {
            let histogram = LOG_HISTOGRAM.empty();
            prop_assert_eq!(lowest(bucket(us)), histogram.lowest_equivalent(us));
        }
    }

    #[test]
    fn a_second_of_10_000_equal_rates_takes_little_memory() {
        let micros: Vec<u64> = (0..10_000).map(|n| 1_000 + n % 1_000).collect();
        let mut compact = CompactLatencies::default();
        for _ in 0..100 {
            compact.add(&stats(&micros));
        }
        assert!(
            compact.encoded.capacity() < 8_000,
            "{}",
            compact.encoded.capacity()
        );
    }
}
