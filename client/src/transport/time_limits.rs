//! The time limits of one attempt. Times count from the start of the run.
//!
//! Interim (1xx) responses neither satisfy nor extend a limit: whether bytes belong to one is known only when its status
//! has arrived, so that the bytes count until then, and are discounted if they do.

use crate::policy::Timeouts;
use flagpole_protocol::{Outcome, TimeoutKind};
use std::time::Duration;

/// Which limits apply to an attempt, and the times from which they count.
#[derive(Clone, Debug)]
pub(crate) struct TimeLimits {
    timeouts: Timeouts,
    /// The end of the run.
    run: Option<Duration>,
    /// Whether there are no limits, as in most measurements.
    is_unlimited: bool,
    started: Duration,
    /// When the request was sent.
    sent: Option<Duration>,
    /// When the first byte of the response arrived.
    first_byte: Option<Duration>,
    last_byte: Duration,
    /// When the current interval of the speed limit began, and the bytes of the body that have arrived in it.
    interval: Option<(Duration, u64)>,
}

impl TimeLimits {
    /// For an attempt that starts at `now`.
    pub(crate) fn new(timeouts: Timeouts, run: Option<Duration>, now: Duration) -> TimeLimits {
        TimeLimits {
            timeouts,
            run,
            is_unlimited: run.is_none() && timeouts == Timeouts::NONE,
            started: now,
            sent: None,
            first_byte: None,
            last_byte: now,
            interval: None,
        }
    }

    /// The request is about to be sent.
    pub(crate) fn on_sent(&mut self, now: Duration) {
        self.sent = Some(now);
        self.last_byte = now;
    }

    /// Bytes of the response have arrived, or of what may be its head.
    pub(crate) fn on_bytes(&mut self, now: Duration) {
        self.first_byte.get_or_insert(now);
        self.last_byte = now;
    }

    /// The bytes so far belonged to interim responses.
    pub(crate) fn on_interim(&mut self) {
        self.first_byte = None;
        self.last_byte = self.sent.unwrap_or(self.started);
    }

    /// Bytes of the body have arrived, or (0 bytes) its head.
    pub(crate) fn on_body(&mut self, bytes: u64, now: Duration) {
        if self.timeouts.speed.is_some() {
            self.interval.get_or_insert((now, 0)).1 += bytes;
        }
    }

    /// When the first byte of the response arrived.
    pub(crate) fn first_byte(&self) -> Option<Duration> {
        self.first_byte
    }

    /// When the first limit is reached, if nothing more arrives.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        if self.is_unlimited {
            return None;
        }
        self.deadlines().map(|(at, _)| at).min()
    }

    /// The limit that is exceeded at `now`, if one is. Starts the next interval of the speed limit.
    pub(crate) fn exceeded(&mut self, now: Duration) -> Option<Outcome> {
        if let (Some(limit), Some((start, bytes))) = (self.timeouts.speed, &mut self.interval)
            && now >= start.saturating_add(limit.over)
            && limit.is_reached(*bytes)
        {
            (*start, *bytes) = (now, 0);
        }
        let first = self.deadlines().min_by_key(|(at, _)| *at);
        first
            .filter(|(at, _)| *at <= now)
            .map(|(_, outcome)| outcome)
    }

    /// Each limit that applies now: when it is reached, and the outcome. Of limits that are reached at once, the first
    /// counts.
    fn deadlines(&self) -> impl Iterator<Item = (Duration, Outcome)> {
        let at = |since: Option<Duration>, limit: Option<Duration>, kind| {
            let (since, limit) = since.zip(limit)?;
            Some((since.saturating_add(limit), Outcome::Timeout(kind, limit)))
        };
        let Timeouts {
            total,
            first_byte,
            stall,
            speed,
            ..
        } = self.timeouts;
        let awaits_first = self.sent.filter(|_| self.first_byte.is_none());
        let sent = self.sent.map(|_| self.last_byte);
        let interval = self.interval.map(|(start, _)| start);
        [
            at(Some(Duration::ZERO), self.run, TimeoutKind::Run),
            at(Some(self.started), total, TimeoutKind::Total),
            at(awaits_first, first_byte, TimeoutKind::FirstByte),
            at(sent, stall, TimeoutKind::Stall),
            at(interval, speed.map(|limit| limit.over), TimeoutKind::Speed),
        ]
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::SpeedLimit;

    const S: Duration = Duration::from_secs(1);

    fn limits(timeouts: Timeouts) -> TimeLimits {
        let mut limits = TimeLimits::new(timeouts, None, S);
        limits.on_sent(2 * S);
        limits
    }

    fn exceeded(limits: &mut TimeLimits, second: u32) -> Option<TimeoutKind> {
        limits.exceeded(second * S).map(|outcome| match outcome {
            Outcome::Timeout(kind, _) => kind,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn without_limits_there_is_no_deadline() {
        let mut limits = limits(Timeouts::default());
        limits.on_bytes(3 * S);
        assert_eq!(
            (limits.next_deadline(), exceeded(&mut limits, 9999)),
            (None, None)
        );
    }

    #[test]
    fn total_counts_from_the_start_and_first_byte_from_sending() {
        let mut limits = limits(Timeouts {
            total: Some(10 * S),
            first_byte: Some(3 * S),
            ..Timeouts::default()
        });
        assert_eq!(limits.next_deadline(), Some(5 * S));
        assert_eq!(exceeded(&mut limits, 5), Some(TimeoutKind::FirstByte));
        limits.on_bytes(4 * S);
        assert_eq!(limits.next_deadline(), Some(11 * S));
        assert_eq!(exceeded(&mut limits, 10), None);
        assert_eq!(exceeded(&mut limits, 11), Some(TimeoutKind::Total));
    }

    #[test]
    fn each_byte_starts_the_stall_limit_again() {
        let mut limits = limits(Timeouts {
            stall: Some(2 * S),
            ..Timeouts::default()
        });
        assert_eq!(limits.next_deadline(), Some(4 * S));
        limits.on_bytes(3 * S);
        assert_eq!(exceeded(&mut limits, 4), None);
        assert_eq!(exceeded(&mut limits, 5), Some(TimeoutKind::Stall));
    }

    #[test]
    fn interim_responses_neither_satisfy_nor_extend_a_limit() {
        let mut limits = limits(Timeouts {
            first_byte: Some(3 * S),
            stall: Some(4 * S),
            ..Timeouts::default()
        });
        limits.on_bytes(4 * S);
        limits.on_interim();
        assert_eq!(limits.first_byte(), None);
        assert_eq!(limits.next_deadline(), Some(5 * S));
        assert_eq!(exceeded(&mut limits, 6), Some(TimeoutKind::FirstByte));
    }

    #[test]
    fn slow_body_exceeds_the_speed_limit_after_an_interval() {
        let mut limits = limits(Timeouts {
            speed: Some(SpeedLimit {
                bytes_per_second: 10,
                over: 5 * S,
            }),
            ..Timeouts::default()
        });
        assert_eq!(limits.next_deadline(), None, "no body yet");
        limits.on_body(0, 3 * S);
        limits.on_body(50, 7 * S);
        assert_eq!(exceeded(&mut limits, 8), None);
        limits.on_body(49, 9 * S);
        assert_eq!(limits.next_deadline(), Some(13 * S));
        assert_eq!(exceeded(&mut limits, 13), Some(TimeoutKind::Speed));
    }

    #[test]
    fn end_of_the_run_ends_the_attempt() {
        let mut limits = TimeLimits::new(Timeouts::default(), Some(7 * S), S);
        assert_eq!(exceeded(&mut limits, 6), None);
        assert_eq!(exceeded(&mut limits, 7), Some(TimeoutKind::Run));
    }
}
