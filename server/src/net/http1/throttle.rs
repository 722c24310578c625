//! The share of one connection in the bandwidth of its listener.

use crate::limits::shared_bandwidth::SharedBandwidth;
use std::time::Instant;

/// The bytes that a connection has reserved and not written yet.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    reserved: usize,
    /// When they may be written.
    usable_at: Option<Instant>,
}

/// What a connection may do now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// Write this number of bytes.
    Bytes(usize),
    /// Wait until this instant.
    Wait(Instant),
}

impl Throttle {
    /// What a connection that has `wanted` bytes, at least 1, may do at `now`.
    pub(super) fn allowance(
        &mut self,
        bandwidth: &SharedBandwidth,
        wanted: usize,
        now: Instant,
    ) -> Allowance {
        if self.reserved == 0 {
            let slice = usize::try_from(bandwidth.slice()).unwrap_or(usize::MAX);
            self.reserved = wanted.min(slice);
            self.usable_at = Some(bandwidth.reserve(self.reserved as u64, now));
        }
        match self.usable_at {
            Some(at) if at > now => Allowance::Wait(at),
            _ => Allowance::Bytes(wanted.min(self.reserved)),
        }
    }

    /// Uses up what was written.
    pub(super) fn on_written(&mut self, bytes: usize) {
        self.reserved -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn bytes_are_reserved_once_and_used_up() {
        let bandwidth = SharedBandwidth::new("1kB/s".parse().unwrap());
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let ms = Duration::from_millis;
        let mut at = |wanted, time| throttle.allowance(&bandwidth, wanted, start + ms(time));
        assert_eq!(at(100, 0), Allowance::Wait(start + ms(10)));
        assert_eq!(at(100, 10), Allowance::Bytes(10));
        assert_eq!(at(4, 10), Allowance::Bytes(4));
        throttle.on_written(10);
        let next = throttle.allowance(&bandwidth, 100, start + ms(10));
        assert_eq!(next, Allowance::Wait(start + ms(20)));
    }
}
