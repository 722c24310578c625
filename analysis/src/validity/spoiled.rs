//! Which trials are spoiled by the machine, so that their round is to be repeated.

use super::lateness::Lateness;
use super::lost_wall::LostWall;
use crate::human::HumanDuration;
use std::fmt;

/// Why a trial is spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoiledBy {
    /// The server was late.
    ServerLateness(Lateness),
    /// The strategy did not get a processor.
    LostProcessor(LostWall),
}

impl SpoiledBy {
    /// Why a trial with this lateness and this loss is spoiled; `None` if it is not, and if nothing is known.
    pub fn find(lateness: Option<Lateness>, lost: Option<LostWall>) -> Option<SpoiledBy> {
        let late = lateness.filter(|lateness| lateness.p99 > lateness.suspect_limit());
        let lost = lost.filter(LostWall::is_suspect);
        late.map(SpoiledBy::ServerLateness)
            .or(lost.map(SpoiledBy::LostProcessor))
    }

    /// The fixed name, that of the issue in a verdict.
    pub fn label(&self) -> &'static str {
        match self {
            SpoiledBy::ServerLateness(_) => "server_late",
            SpoiledBy::LostProcessor(_) => "processor_lost",
        }
    }
}

impl fmt::Display for SpoiledBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpoiledBy::ServerLateness(lateness) => write!(
                f,
                "the server was late: p99 lateness {} (limit {})",
                HumanDuration(lateness.p99),
                HumanDuration(lateness.suspect_limit())
            ),
            SpoiledBy::LostProcessor(lost) => write!(
                f,
                "{} of {} were lost without a processor",
                HumanDuration(lost.total()),
                HumanDuration(lost.wall)
            ),
        }
    }
}
