//! How much of its wall time a strategy lost because it did not get a processor, and to what.

use super::lost_time::LostTime;
use super::verdict::{Validity, ValidityIssue};
use crate::human::HumanDuration;
use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

/// The share of the wall time above which the loss is suspect: a ratio of two wall times is then wrong by as much. Half
/// of what lateness may be, because the waits of client and server, of which the longer one counts, may add up.
const SUSPECT_SHARE: f64 = 0.025;
/// The share of the wall time above which figures must not be used.
const INVALID_SHARE: f64 = 0.2;

/// The part of the wall time of one or more trials that was lost, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostWall {
    /// The wall time.
    pub wall: Duration,
    /// The process was stopped.
    pub stopped: Duration,
    /// The CPU quota of the cgroup was used up.
    pub throttled: Duration,
    /// The hypervisor ran something else.
    pub stolen: Duration,
    /// Other processes ran.
    pub displaced: Duration,
}

impl LostWall {
    /// What a trial of this wall time lost; `None` if the system does not report it.
    ///
    /// Threads wait in parallel, so the client lost what its threads waited on average. They also wait for each other
    /// and for the server, which is the cost of a strategy and not a loss. The CPU time that others used, as a share of
    /// all CPU time, is the share of the waits that is due to them; throttling counts in full.
    pub fn from_trial(lost: &LostTime, wall: Duration) -> Option<LostWall> {
        let micros = |us: u64| Duration::from_micros(us);
        let thread_time = lost.thread_time_us.filter(|us| *us > 0)?;
        let waited = lost.run_queue_us? as f64 / thread_time as f64;
        let server = micros(lost.server_run_queue_us.unwrap_or(0)).min(wall);
        let waited = wall.mul_f64(waited.min(1.0)).max(server);
        // The run-queue delay includes the time in which the cgroup was throttled. Several processors are throttled at the
        // same time.
        let throttled = micros(lost.throttled_us.unwrap_or(0)).min(waited);
        let waited = waited.saturating_sub(throttled);
        let (steal, other, own) = (lost.steal_us?, lost.other_cpu_us?, lost.own_cpu_us?);
        let all = (steal + other + own).max(1) as f64;
        Some(LostWall {
            wall,
            stopped: micros(lost.stopped_us.unwrap_or(0)).min(wall),
            throttled,
            stolen: waited.mul_f64(steal as f64 / all),
            displaced: waited.mul_f64(other as f64 / all),
        })
    }

    /// All that was lost, at most the wall time.
    pub fn total(&self) -> Duration {
        let lost = self.stopped + self.throttled + self.stolen + self.displaced;
        lost.min(self.wall)
    }

    /// The lost share of the wall time, 0 to 1.
    pub fn share(&self) -> f64 {
        match self.wall.as_secs_f64() {
            wall if wall > 0.0 => self.total().as_secs_f64() / wall,
            _ => 0.0,
        }
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.share() > SUSPECT_SHARE
    }

    /// How the time was lost for the most part, and what helps.
    fn cause(&self) -> (&'static str, &'static str) {
        let causes = [
            (
                self.stopped,
                "while its process was stopped",
                "do not stop it (SIGSTOP, a debugger, a frozen cgroup, a paused virtual machine)",
            ),
            (
                self.throttled,
                "waiting for a processor, because its cgroup had used its CPU quota",
                "raise the quota (`cpu.max`)",
            ),
            (
                self.stolen,
                "waiting for a processor, because the hypervisor ran other virtual machines",
                "use a machine of your own",
            ),
            (
                self.displaced,
                "waiting for a processor, because other programs ran",
                "stop them or use a machine with more processors",
            ),
        ];
        let largest = causes.into_iter().max_by_key(|(lost, ..)| *lost);
        let (_, how, remedy) = largest.expect("there are causes");
        (how, remedy)
    }
}

impl Add for LostWall {
    type Output = LostWall;

    fn add(self, other: LostWall) -> LostWall {
        LostWall {
            wall: self.wall + other.wall,
            stopped: self.stopped + other.stopped,
            throttled: self.throttled + other.throttled,
            stolen: self.stolen + other.stolen,
            displaced: self.displaced + other.displaced,
        }
    }
}

impl Sum for LostWall {
    fn sum<I: Iterator<Item = LostWall>>(all: I) -> LostWall {
        all.fold(LostWall::default(), Add::add)
    }
}

/// A strategy lost a part of its wall time, over all its rounds.
pub(super) fn processor_lost(name: &str, lost: LostWall) -> Option<ValidityIssue> {
    let severity = match lost.share() {
        share if share > INVALID_SHARE => Validity::Invalid,
        share if share > SUSPECT_SHARE => Validity::Suspect,
        _ => return None,
    };
    let (how, remedy) = lost.cause();
    let message = format!(
        "{name} lost {} of {} {how}; {remedy}",
        HumanDuration(lost.total()),
        HumanDuration(lost.wall)
    );
    Some(ValidityIssue::new(severity, "processor_lost", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Ten threads of a run of 400 ms that waited for 80 ms each, half of which is due to other processes.
    fn contended() -> LostTime {
        LostTime {
            run_queue_us: Some(800_000),
            thread_time_us: Some(4_000_000),
            stopped_us: Some(0),
            throttled_us: Some(0),
            server_run_queue_us: Some(10_000),
            own_cpu_us: Some(300_000),
            other_cpu_us: Some(240_000),
            steal_us: Some(60_000),
            ..LostTime::default()
        }
    }

    fn lost(change: impl FnOnce(&mut LostTime)) -> LostWall {
        let mut lost = contended();
        change(&mut lost);
        LostWall::from_trial(&lost, 400 * MS).unwrap()
    }

    #[test]
    fn waits_are_due_to_others_as_far_as_others_used_the_processors() {
        let all = lost(|_| {});
        assert_eq!((all.displaced, all.stolen), (32 * MS, 8 * MS));
        assert_eq!(all.total(), 40 * MS);
        let alone = lost(|lost| (lost.other_cpu_us, lost.steal_us) = (Some(0), Some(0)));
        assert_eq!(alone.total(), Duration::ZERO, "threads wait for each other");
    }

    #[test]
    fn stops_and_throttling_count_in_full() {
        let stopped = lost(|lost| lost.stopped_us = Some(100_000));
        assert_eq!(stopped.total(), 140 * MS);
        let throttled = lost(|lost| lost.throttled_us = Some(60_000));
        assert_eq!(throttled.throttled, 60 * MS);
        assert_eq!(throttled.total(), 70 * MS);
        // Two processors were throttled at the same time, and threads waited for no longer than they waited.
        let both = lost(|lost| lost.throttled_us = Some(160_000));
        assert_eq!((both.throttled, both.total()), (80 * MS, 80 * MS));
    }

    #[test]
    fn longer_one_of_the_waits_of_client_and_server_counts() {
        assert_eq!(
            lost(|lost| lost.server_run_queue_us = Some(200_000)).total(),
            100 * MS
        );
        assert_eq!(
            lost(|lost| lost.server_run_queue_us = None).total(),
            40 * MS
        );
    }

    #[test]
    fn loss_is_unknown_without_the_scheduler_and_never_above_the_wall_time() {
        assert_eq!(LostWall::from_trial(&LostTime::default(), MS), None);
        let all = lost(|lost| (lost.stopped_us, lost.own_cpu_us) = (Some(9_000_000), Some(0)));
        assert_eq!((all.total(), all.share()), (400 * MS, 1.0));
    }
}
