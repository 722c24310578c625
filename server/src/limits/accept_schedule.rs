//! When a listener delays the acceptance of connections, and when it refuses them. The caller gives the time since the
//! start of the server, so tests need not wait.

use crate::config::accept_delay::AcceptDelay;
use crate::config::listener::Listener;
use crate::config::time_window::TimeWindow;
use std::time::Duration;

/// The delays and refusals of a listener in their windows of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcceptSchedule {
    delays: Vec<AcceptDelay>,
    refusals: Vec<TimeWindow>,
}

impl AcceptSchedule {
    pub(crate) fn new(listener: &Listener) -> AcceptSchedule {
        AcceptSchedule {
            delays: listener.accept_delay.clone(),
            refusals: listener.refuse.clone(),
        }
    }

    /// The time between the arrival of a connection and its acceptance: the first delay whose window holds `elapsed`.
    pub(crate) fn accept_delay_at(&self, elapsed: Duration) -> Duration {
        let mut delays = self.delays.iter();
        let delay = delays.find(|delay| delay.window.contains(elapsed));
        delay.map_or(Duration::ZERO, |delay| delay.delay)
    }

    /// Whether connections are refused.
    pub(crate) fn refuses_at(&self, elapsed: Duration) -> bool {
        self.refusals.iter().any(|window| window.contains(elapsed))
    }

    /// Whether connections are refused at any time.
    pub(crate) fn ever_refuses(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// The first time after `elapsed` at which refusals may begin or end; `None` if there is none.
    pub(crate) fn next_change(&self, elapsed: Duration) -> Option<Duration> {
        let edges = self
            .refusals
            .iter()
            .filter_map(|window| window.next_edge(elapsed));
        edges.min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn schedule(delays: &[&str], refusals: &[&str]) -> AcceptSchedule {
        AcceptSchedule::new(&Listener {
            accept_delay: delays.iter().map(|delay| delay.parse().unwrap()).collect(),
            refuse: refusals
                .iter()
                .map(|window| window.parse().unwrap())
                .collect(),
            ..Listener::default()
        })
    }

    #[test]
    fn the_first_delay_whose_window_holds_the_time_applies() {
        let schedule = schedule(&["1s@5s..8s", "2s@7s..9s", "3s@20s.."], &[]);
        let delays = [4, 5, 7, 8, 9, 20].map(|seconds| schedule.accept_delay_at(seconds * SECOND));
        assert_eq!(delays, [0, 1, 1, 2, 0, 3].map(|seconds| seconds * SECOND));
    }

    #[test]
    fn refusals_begin_and_end_at_the_next_change() {
        let schedule = schedule(&[], &["20s..", "5s..8s"]);
        let (mut now, mut changes) = (Duration::ZERO, Vec::new());
        while let Some(next) = schedule.next_change(now) {
            changes.push((next.as_secs(), schedule.refuses_at(next)));
            now = next;
        }
        assert!(!schedule.refuses_at(Duration::ZERO));
        assert_eq!(changes, [(5, true), (8, false), (20, true)]);
    }
}
