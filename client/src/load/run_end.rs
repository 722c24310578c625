//! What a load run has done, besides its records.

use crate::IterationCounts;
use std::ops::AddAssign;
use std::time::Duration;

/// What a load run, or one of its event loops, has done, besides its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadRunEnd {
    /// From the start of the run to the end of its last attempt.
    pub elapsed: Duration,
    /// The integral of the number of attempts in flight over time. Divided by `elapsed` it is the mean number in flight.
    pub in_flight_area: Duration,
    /// The most attempts in flight at once, added up over the event loops, whose maxima need not coincide.
    pub max_in_flight: usize,
    /// Area and most attempts in flight of each scheduler: one for each event loop, in their order, or one for all.
    pub in_flight: Vec<(Duration, usize)>,
    /// Requests that were due and were never sent, because no connection was free before the run ended.
    pub unsent: u64,
    /// The length of all pauses.
    pub paused: Duration,
    /// How often the circuit breaker opened.
    pub circuit_openings: u64,
    /// How the iterations of a scenario ended.
    pub iterations: Option<IterationCounts>,
}

impl AddAssign<&LoadRunEnd> for LoadRunEnd {
    /// Adds another event loop of the same run.
    fn add_assign(&mut self, other: &LoadRunEnd) {
        self.elapsed = self.elapsed.max(other.elapsed);
        self.in_flight_area += other.in_flight_area;
        self.max_in_flight += other.max_in_flight;
        self.in_flight.extend_from_slice(&other.in_flight);
        self.unsent += other.unsent;
        self.paused = self.paused.max(other.paused);
        self.circuit_openings += other.circuit_openings;
        if let Some(iterations) = &other.iterations {
            let all = self.iterations.get_or_insert_default();
            all.add(iterations.clone());
        }
    }
}
