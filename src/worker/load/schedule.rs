//! Counts the arrivals that the numbers of users make due, while a run goes on.

use flagpole_client::{UserArrivals, UserChange};
use std::time::Duration;

/// The arrivals of all classes, of which those before a time have been counted.
pub(super) struct Schedule {
    /// By the index of the class.
    classes: Vec<UserArrivals>,
    counted: u64,
}

impl Schedule {
    /// Of these classes; `None` if requests of one of them arrive without a schedule.
    pub(super) fn new(classes: impl Iterator<Item = Option<UserArrivals>>) -> Option<Schedule> {
        Some(Schedule {
            classes: classes.collect::<Option<_>>()?,
            counted: 0,
        })
    }

    pub(super) fn change_users(&mut self, class: usize, change: UserChange) {
        self.classes[class].change_users(change);
    }

    /// The number of arrivals that are due before this time, which is not before that of the previous call.
    pub(super) fn due_before(&mut self, time: Duration) -> u64 {
        for arrivals in &mut self.classes {
            while arrivals.peek().is_some_and(|arrival| arrival.due < time) {
                arrivals.next();
                self.counted += 1;
            }
        }
        self.counted
    }
}
