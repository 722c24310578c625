//! The bandwidth that the connections of a listener share: a line that carries one byte after the other.
//!
//! The state is a single instant, as in the generic cell rate algorithm (ITU-T I.371), without a burst. The caller gives
//! the time, so tests need not wait.

use crate::config::bandwidth::Bandwidth;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Reservations per second and connection at most; fewer bytes at a time would need more wake-ups.
const RESERVATIONS_PER_SECOND: u64 = 100;

/// The bandwidth of a listener, represented by the instant at which all reserved bytes have been carried; `None` before
/// the first.
#[derive(Debug)]
pub(crate) struct SharedBandwidth {
    bytes_per_second: u64,
    busy_until: Mutex<Option<Instant>>,
}

impl SharedBandwidth {
    /// A line that carries nothing yet.
    pub(crate) fn new(bandwidth: Bandwidth) -> SharedBandwidth {
        SharedBandwidth {
            bytes_per_second: bandwidth.bytes_per_second(),
            busy_until: Mutex::default(),
        }
    }

    /// Forgets all reservations, as at the start.
    pub(crate) fn reset(&self) {
        *self.lock() = None;
    }

    /// How many bytes a connection should reserve at a time, so that connections take turns: those of 10 ms, at least 1.
    pub(crate) fn slice(&self) -> u64 {
        (self.bytes_per_second / RESERVATIONS_PER_SECOND).max(1)
    }

    /// Reserves bytes, after all that are reserved already. They may be written at the instant that is returned: when
    /// the line would have carried the last of them, so that no byte is early.
    pub(crate) fn reserve(&self, bytes: u64, now: Instant) -> Instant {
        let nanos = u128::from(bytes) * 1_000_000_000;
        let nanos = nanos.div_ceil(u128::from(self.bytes_per_second));
        let time = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut busy_until = self.lock();
        let carried = busy_until.map_or(now, |at| at.max(now)) + time;
        *busy_until = Some(carried);
        carried
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.busy_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn bandwidth(text: &str) -> SharedBandwidth {
        SharedBandwidth::new(text.parse().unwrap())
    }

    #[test]
    fn bytes_follow_each_other_whichever_connection_sends_them() {
        let line = bandwidth("1kB/s");
        let start = Instant::now();
        let at = |bytes, ms: u32| (line.reserve(bytes, start + ms * MS) - start).as_millis();
        assert_eq!([at(10, 0), at(20, 0), at(5, 3)], [10, 30, 35]);
        // An idle line saves nothing up.
        assert_eq!([at(10, 1000), at(10, 1000)], [1010, 1020]);
        line.reset();
        assert_eq!(at(10, 1000), 1010);
    }

    #[test]
    fn a_slice_takes_10_ms_or_has_one_byte() {
        assert_eq!(bandwidth("1MB/s").slice(), 10_000);
        assert_eq!(bandwidth("9B/s").slice(), 1);
    }

    #[test]
    fn no_byte_is_early_in_the_long_run() {
        let line = bandwidth("3B/s");
        let start = Instant::now();
        let last = (0..3000).map(|_| line.reserve(1, start)).last().unwrap();
        let late = (last - start)
            .checked_sub(Duration::from_secs(1000))
            .unwrap();
        assert!(late < MS, "{late:?}");
    }
}
