//! When the users of a closed model have a connection: stages of connections, user by user.

use super::stages::Stage;
use std::time::Duration;

/// Stages of connections one after the other. User n (from 0) has a connection while the number of connections is more
/// than n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionStages(Vec<Stage<u32>>);

impl ConnectionStages {
    pub(crate) fn new(stages: Vec<Stage<u32>>) -> ConnectionStages {
        ConnectionStages(stages)
    }

    /// The highest number of connections.
    pub(crate) fn max(&self) -> u32 {
        let levels = self.0.iter().map(|stage| stage.from.max(stage.to));
        levels.max().unwrap_or(0)
    }

    /// The end of the last stage.
    pub(crate) fn end(&self) -> Duration {
        let durations = self.0.iter().map(|stage| stage.duration);
        durations.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The earliest time from `from` on at which a user has a connection.
    pub(crate) fn open_from(&self, user: u64, from: Duration) -> Option<Duration> {
        let mut start = Duration::ZERO;
        self.0.iter().find_map(|stage| {
            let (opens, closes) = open_within(stage, user);
            let [opens, closes] = [opens, closes].map(|time| start.saturating_add(time));
            start = start.saturating_add(stage.duration);
            (opens.max(from) < closes).then_some(opens.max(from))
        })
    }
}

/// When a user gets and loses the connection within a stage, from its start; without a connection both are equal.
fn open_within(stage: &Stage<u32>, user: u64) -> (Duration, Duration) {
    let (from, to) = (u64::from(stage.from), u64::from(stage.to));
    let whole = stage.duration;
    // When the level is that of the user: a part of the stage, which is exact and rounded up.
    let crossing = || {
        let nanos = whole.as_nanos() * u128::from(from.abs_diff(user));
        let nanos = nanos.div_ceil(u128::from(from.abs_diff(to)));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    };
    match (user < from, user < to) {
        (true, true) => (Duration::ZERO, whole),
        (true, false) => (Duration::ZERO, crossing()),
        (false, true) => (crossing(), whole),
        (false, false) => (Duration::ZERO, Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::arrivals::stages::Stages;

    fn stages(text: &str) -> ConnectionStages {
        match text.parse() {
            Ok(Stages::Connections(stages)) => ConnectionStages(stages),
            other => panic!("{other:?}"),
        }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn ramp_opens_and_closes_users_one_by_one() {
        let ramp = stages("10s:0..50,5s:50,5s:50..0");
        assert_eq!((ramp.max(), ramp.end()), (50, ms(20_000)));
        for (user, opens) in [(0, 0), (1, 200), (49, 9800)] {
            assert_eq!(ramp.open_from(user, Duration::ZERO), Some(ms(opens)));
        }
        assert_eq!(ramp.open_from(50, Duration::ZERO), None);
        // The last one that came goes first.
        for (user, closes) in [(49, 15_100), (0, 20_000)] {
            let last = ms(closes).saturating_sub(Duration::from_nanos(1));
            assert_eq!(ramp.open_from(user, last), Some(last));
            assert_eq!(ramp.open_from(user, ms(closes)), None);
        }
    }

    #[test]
    fn user_returns_in_a_later_stage() {
        let stages = stages("1s:2,1s:1,1s:1..3");
        assert_eq!(stages.open_from(1, ms(1000)), Some(ms(2000)));
        assert_eq!(stages.open_from(1, ms(2500)), Some(ms(2500)));
        assert_eq!(stages.open_from(2, Duration::ZERO), Some(ms(2500)));
    }

    #[test]
    fn number_of_open_users_follows_the_level() {
        let ramp = stages("7s:3..17");
        for millis in (0..7000).step_by(250) {
            let is_open = |user: &u64| ramp.open_from(*user, ms(millis)) == Some(ms(millis));
            let open = (0..20).filter(is_open).count();
            let level = 3 + usize::try_from(millis * 14 / 7000).unwrap();
            assert!(
                open == level || open == level + 1,
                "{millis}: {open}, {level}"
            );
        }
    }
}
