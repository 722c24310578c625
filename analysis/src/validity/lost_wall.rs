//! How much of its wall time a strategy lost because it did not get a processor, and to what.

use super::lost_time::LostTime;
use super::verdict::{Validity, ValidityIssue};
use crate::human::HumanDuration;
use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

/// The share of the wall time above which the loss is suspect: a ratio of two wall times is then wrong by as much.
const SUSPECT_SHARE: f64 = 0.025;
/// A trial that lost up to this is not suspect, however short it is: on an idle machine with two processors, trials of 8
/// ms lost 0.13 ms on average.
const SUSPECT_FLOOR: Duration = Duration::from_micros(300);
/// The share of the wall time above which figures must not be used.
const INVALID_SHARE: f64 = 0.2;

/// The share of the processors' time that is used by no process of flagpole on an idle machine: by interrupts, by the
/// system and by its services. Measured: 0.5 to 2%.
const IDLE_SHARE: f64 = 0.02;

/// The part of the wall time of one or more trials that was lost, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostWall {
    /// The number of trials.
    pub trials: u32,
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
    /// Threads wait in parallel, so the client lost what its threads waited on average. What the server's busiest thread
    /// waited adds to it, because a response waits for both. Threads also wait for each other, which is the cost of a
    /// strategy and not a loss: they count in proportion to the CPU time that others used. Throttling counts in full.
    pub fn from_trial(lost: &LostTime, wall: Duration) -> Option<LostWall> {
        let micros = |us: Option<u64>| Duration::from_micros(us.unwrap_or(0));
        let thread_time = lost.thread_time_us.filter(|us| *us > 0)? as f64;
        let of_wall = |us: u64| wall.mul_f64((us as f64 / thread_time).min(1.0));
        let waited = of_wall(lost.run_queue_us?) + micros(lost.server_run_queue_us);
        let usual =
            of_wall(lost.usual_run_queue_us.unwrap_or(0)) + micros(lost.usual_server_run_queue_us);
        // The run-queue delay includes the time in which the cgroup was throttled. Several processors are throttled at the
        // same time.
        let throttled = micros(lost.throttled_us).min(waited);
        let shares = WaitShares::from_lost_time(lost)?;
        let waited = shares.lost(waited.saturating_sub(throttled), usual);
        let stolen = waited.mul_f64(shares.stolen);
        Some(LostWall {
            trials: 1,
            wall,
            stopped: micros(lost.stopped_us).min(wall),
            throttled,
            stolen,
            displaced: waited.saturating_sub(stolen),
        })
    }

    /// What a trial of this wall time lost to stops of the machine or of its processes alone: all that is known of a program,
    /// whose threads cannot be watched. `None` if the system does not report it.
    pub fn of_stops(lost: &LostTime, wall: Duration) -> Option<LostWall> {
        Some(LostWall {
            trials: 1,
            wall,
            stopped: Duration::from_micros(lost.stopped_us?).min(wall),
            ..LostWall::default()
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
        let limit = self.wall.mul_f64(SUSPECT_SHARE);
        self.total() > limit.max(self.trials * SUSPECT_FLOOR)
    }

    /// How the time was lost for the most part, and what helps.
    pub(crate) fn cause(&self) -> (&'static str, &'static str) {
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

/// Which part of the waits for a processor is due to others, which are other processes and the hypervisor.
struct WaitShares {
    /// The share of others in the CPU time that was used. It is their share of the waits beyond the usual ones.
    of_used: f64,
    /// The share of the processors' time that others used. By as much they prolong the usual waits, which are those of the
    /// threads for each other: many threads that become runnable together wait even on an idle machine.
    of_capacity: f64,
    /// The share of the hypervisor in the CPU time of others.
    stolen: f64,
}

impl WaitShares {
    fn from_lost_time(lost: &LostTime) -> Option<WaitShares> {
        let (steal, own) = (lost.steal_us? as f64, lost.own_cpu_us? as f64);
        let capacity = lost.capacity_us? as f64;
        let other = lost.other_cpu_us? as f64 - IDLE_SHARE * capacity;
        let others = steal + other.max(0.0);
        let share = |of: f64| (others / of.max(1.0)).min(1.0);
        Some(WaitShares {
            of_used: share(others + own),
            of_capacity: share(capacity),
            stolen: steal / others.max(1.0),
        })
    }

    fn lost(&self, waited: Duration, usual: Duration) -> Duration {
        let usual = usual.min(waited);
        waited.saturating_sub(usual).mul_f64(self.of_used) + usual.mul_f64(self.of_capacity)
    }
}

impl Add for LostWall {
    type Output = LostWall;

    fn add(self, other: LostWall) -> LostWall {
        LostWall {
            trials: self.trials + other.trials,
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
    let severity = match lost {
        lost if lost.share() > INVALID_SHARE => Validity::Invalid,
        lost if lost.is_suspect() => Validity::Suspect,
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
            server_run_queue_us: Some(0),
            capacity_us: Some(1_000_000),
            own_cpu_us: Some(300_000),
            // Without the 2% that others use on an idle machine, 240 ms.
            other_cpu_us: Some(260_000),
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
    fn usual_waits_of_threads_for_each_other_are_prolonged_by_others() {
        let usual = lost(|lost| lost.usual_run_queue_us = Some(600_000));
        // Half of 20 ms, and 30% of 60 ms.
        assert_eq!(usual.total(), 28 * MS);
        let light = |other_us| {
            lost(|lost| {
                lost.usual_run_queue_us = Some(800_000);
                (lost.own_cpu_us, lost.other_cpu_us) = (Some(10_000), Some(other_us));
                lost.steal_us = Some(0);
            })
        };
        assert_eq!(light(40_000).total(), MS * 16 / 10);
        assert_eq!(light(20_000).total(), Duration::ZERO, "an idle machine");
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
    fn waits_of_client_and_server_add_up() {
        let both = lost(|lost| lost.server_run_queue_us = Some(20_000));
        assert_eq!(both.total(), 50 * MS);
        let usual = lost(|lost| {
            lost.server_run_queue_us = Some(20_000);
            lost.usual_server_run_queue_us = Some(20_000);
        });
        assert_eq!(usual.total(), 46 * MS);
        assert_eq!(
            lost(|lost| lost.server_run_queue_us = None).total(),
            40 * MS
        );
    }

    #[test]
    fn loss_of_short_trials_is_suspect_above_300_microseconds_each() {
        let short = |stopped_us| {
            let mut lost = contended();
            (lost.run_queue_us, lost.stopped_us) = (Some(0), Some(stopped_us));
            LostWall::from_trial(&lost, 8 * MS).unwrap()
        };
        assert!(!short(300).is_suspect() && short(301).is_suspect());
        assert!(!(short(100) + short(500)).is_suspect());
        assert!((short(100) + short(501)).is_suspect());
    }

    #[test]
    fn loss_is_unknown_without_the_scheduler_and_never_above_the_wall_time() {
        assert_eq!(LostWall::from_trial(&LostTime::default(), MS), None);
        let all = lost(|lost| (lost.stopped_us, lost.own_cpu_us) = (Some(9_000_000), Some(0)));
        assert_eq!((all.total(), all.share()), (400 * MS, 1.0));
    }
}
