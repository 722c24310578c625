//! The clock of the source of requests, which stands still while a run is paused.

use std::time::Duration;

/// Converts between the times of a run and those of its source, from which the time in pauses is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SourceClock {
    /// The total length of the pauses that have ended.
    paused: Duration,
    /// When the current pause began, in the time of the run.
    paused_since: Option<Duration>,
}

impl SourceClock {
    /// Begins or ends a pause.
    pub(super) fn set_paused(&mut self, is_paused: bool, now: Duration) {
        match (is_paused, self.paused_since) {
            (true, None) => self.paused_since = Some(now),
            (false, Some(since)) => {
                self.paused += now.saturating_sub(since);
                self.paused_since = None;
            }
            _ => {}
        }
    }

    /// The time of the source; `None` during a pause.
    pub(super) fn source_time(&self, now: Duration) -> Option<Duration> {
        let runs = self.paused_since.is_none();
        runs.then(|| now.saturating_sub(self.paused))
    }

    /// The time of the source at which a request ends, also during a pause.
    pub(super) fn end_time(&self, now: Duration) -> Duration {
        let until = self.paused_since.map_or(now, |since| since.min(now));
        until.saturating_sub(self.paused)
    }

    /// The time of the run for a time of the source, unless there is another pause before.
    pub(crate) fn run_time(&self, time: Duration) -> Duration {
        time.saturating_add(self.paused)
    }

    /// Whether there is a pause now.
    pub(crate) fn is_paused(&self) -> bool {
        self.paused_since.is_some()
    }

    /// The total length of all pauses up to `now`.
    pub(crate) fn paused(&self, now: Duration) -> Duration {
        let current = self.paused_since.map(|since| now.saturating_sub(since));
        self.paused + current.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_the_source_stands_still_during_a_pause() {
        let s = Duration::from_secs;
        let mut clock = SourceClock::default();
        clock.set_paused(true, s(2));
        clock.set_paused(true, s(3));
        assert_eq!(
            (clock.source_time(s(4)), clock.end_time(s(4))),
            (None, s(2))
        );
        clock.set_paused(false, s(7));
        assert_eq!(clock.source_time(s(8)), Some(s(3)));
        assert_eq!((clock.run_time(s(3)), clock.paused(s(8))), (s(8), s(5)));
    }
}
