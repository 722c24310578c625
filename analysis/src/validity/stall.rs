//! Whether the machine stalled during a trial, so that its round must be repeated.

use super::lateness::Lateness;
use super::lost_wall::LostWall;
use crate::human::HumanDuration;
use std::fmt;

/// How the machine stalled during a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// The server was late.
    ServerLateness(Lateness),
    /// The strategy did not get a processor.
    LostProcessor(LostWall),
}

impl Stall {
    /// The stall of a trial with this lateness and this loss; `None` if there is none, and if nothing is known.
    pub fn find(lateness: Option<Lateness>, lost: Option<LostWall>) -> Option<Stall> {
        let late = lateness.filter(|lateness| lateness.p99 > lateness.suspect_limit());
        let lost = lost.filter(LostWall::is_suspect);
        late.map(Stall::ServerLateness)
            .or(lost.map(Stall::LostProcessor))
    }

    /// The fixed name, that of the issue in a verdict.
    pub fn label(&self) -> &'static str {
        match self {
            Stall::ServerLateness(_) => "server_late",
            Stall::LostProcessor(_) => "processor_lost",
        }
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stall::ServerLateness(lateness) => write!(
                f,
                "the server was late: p99 lateness {} (limit {})",
                HumanDuration(lateness.p99),
                HumanDuration(lateness.suspect_limit())
            ),
            Stall::LostProcessor(lost) => write!(
                f,
                "{} of {} were lost without a processor",
                HumanDuration(lost.total()),
                HumanDuration(lost.wall)
            ),
        }
    }
}
