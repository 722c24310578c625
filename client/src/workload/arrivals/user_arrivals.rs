//! The arrivals of users whose number changes while the load goes on: each user adds the same rate.
//!
//! The rate is constant between two changes, and the integral over it is exact: a change moves the times of later arrivals and
//! leaves their numbers, so that none is lost or comes twice.

use super::rate::ArrivalRate;
use super::rate_integral::StageIntegral;
use super::schedule::Arrival;
use super::unit_process::{ArrivalProcess, UnitProcess};
use crate::workload::share::Share;
use crate::workload::source::UserChange;
use std::collections::VecDeque;
use std::time::Duration;

/// The arrivals of a loop, in the order in which they are due; none before there is a user.
///
/// ```
/// use flagpole_client::{ArrivalProcess, Share, UserArrivals, UserChange};
/// use std::time::Duration;
///
/// let mut arrivals =
///     UserArrivals::new("0.5/s".parse()?, ArrivalProcess::Constant, 7, Share::WHOLE);
/// assert_eq!(arrivals.peek(), None);
/// arrivals.change_users(UserChange { at: Duration::from_secs(2), users: 20 });
/// assert!(arrivals.peek().unwrap().due < Duration::from_millis(2100));
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UserArrivals {
    rate_per_user: ArrivalRate,
    unit_process: UnitProcess,
    /// The number of the next arrival, and its time in the unit process.
    next: (u64, u128),
    /// Since the latest change before the next arrival.
    stage: StageIntegral,
    /// Later changes, in the order of their times.
    changes: VecDeque<UserChange>,
}

impl UserArrivals {
    /// The share of a loop in the arrivals of no user yet. Constant arrivals begin at any time within the first interval, by
    /// the seed, so that those of several processes do not coincide.
    pub fn new(
        rate_per_user: ArrivalRate,
        process: ArrivalProcess,
        seed: u64,
        share: Share,
    ) -> UserArrivals {
        let mut unit_process = UnitProcess::new(process, seed, share).with_random_phase();
        UserArrivals {
            rate_per_user,
            next: unit_process.next(),
            unit_process,
            stage: StageIntegral::constant(ArrivalRate::ZERO, Duration::ZERO, 0),
            changes: VecDeque::new(),
        }
    }

    /// The number of users of all loops changes, at a time that is not before that of the previous change; rounded down to a
    /// microsecond.
    pub fn change_users(&mut self, change: UserChange) {
        let micros = change.at.as_micros();
        let at = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        self.changes.push_back(UserChange { at, ..change });
    }

    /// The next arrival, unless a change that is not known yet moves it; `None` without users.
    pub fn peek(&mut self) -> Option<Arrival> {
        let (number, units) = self.next;
        loop {
            let is_due = units < self.stage.until;
            let due = is_due.then(|| self.stage.time_of(units));
            match self.changes.front() {
                Some(change) if due.is_none_or(|due| due >= change.at) => {
                    let rate = self.rate_per_user.times(change.users);
                    let before = self.stage.units_until(change.at);
                    self.stage = StageIntegral::constant(rate, change.at, before);
                    self.changes.pop_front();
                }
                _ => return due.map(|due| Arrival { number, due }),
            }
        }
    }
}

impl Iterator for UserArrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let arrival = self.peek()?;
        self.next = self.unit_process.next();
        Some(arrival)
    }
}

#[cfg(test)]
mod tests;
