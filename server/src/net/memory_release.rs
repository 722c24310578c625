//! When freed memory is returned to the operating system.
//!
//! hyper keeps what it has read of a head, up to 64 KiB a connection; after a thousand such connections the allocator
//! holds their memory for good. A worker releases it when the listener has rested for a while, because releasing takes
//! milliseconds.

/// The least number of connections of a listener after which a release is worth its time.
const MIN_CONNECTIONS: usize = 64;

/// The number of ticks in a row without a connection.
const IDLE_TICKS: u32 = 2;

/// Decides for one worker when to release memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryRelease {
    /// The most connections since the last release.
    peak: usize,
    idle_ticks: u32,
}

impl MemoryRelease {
    /// Records the number of open connections of the listener.
    pub(crate) fn record(&mut self, open: usize) {
        self.peak = self.peak.max(open);
    }

    /// Whether to release memory now; called every tick. `is_idle`: the listener has no connection.
    pub(crate) fn is_due(&mut self, is_idle: bool) -> bool {
        self.idle_ticks = if is_idle { self.idle_ticks + 1 } else { 0 };
        let is_due = self.peak >= MIN_CONNECTIONS && self.idle_ticks >= IDLE_TICKS;
        if is_due {
            *self = MemoryRelease::default();
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_released_once_after_many_connections_and_a_rest() {
        let mut release = MemoryRelease::default();
        release.record(MIN_CONNECTIONS);
        release.record(1);
        let ticks = [true, false, true, true, true, true];
        let due = ticks.map(|is_idle| release.is_due(is_idle));
        assert_eq!(due, [false, false, false, true, false, false]);
    }

    #[test]
    fn few_connections_are_not_worth_a_release() {
        let mut release = MemoryRelease::default();
        release.record(MIN_CONNECTIONS - 1);
        assert!(!(0..9).any(|_| release.is_due(true)));
    }
}
