//! Which connections of a run may be reused.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Distrusts connections that were opened before the last death of a reused connection without a byte of a response: a
/// server that has restarted, or that closes idle connections, has closed the other connections too. Shared by all
/// workers of a run.
#[derive(Debug, Default)]
pub(crate) struct ConnectionTrust {
    /// Nanoseconds from the start of the run; 0 while no connection has died.
    last_death: AtomicU64,
}

impl ConnectionTrust {
    /// A reused connection died at `now` without a byte of a response.
    pub(crate) fn on_death(&self, now: Duration) {
        self.last_death.fetch_max(nanos(now), Relaxed);
    }

    /// Whether a connection that was opened at `opened` may be reused.
    pub(crate) fn allows(&self, opened: Duration) -> bool {
        nanos(opened) >= self.last_death.load(Relaxed)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_opened_before_the_last_death_are_not_reused() {
        let ms = Duration::from_millis;
        let trust = ConnectionTrust::default();
        assert!(trust.allows(ms(0)));
        trust.on_death(ms(5));
        trust.on_death(ms(3));
        assert!(!trust.allows(ms(4)) && trust.allows(ms(6)));
    }
}
