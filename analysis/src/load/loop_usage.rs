//! What an event loop of a load run did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an event loop of the client did, the warm-up included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoopUsage {
    /// The time from the start of the loop to its end.
    pub elapsed_us: u64,
    /// Its CPU time, user and system.
    pub cpu_us: u64,
    /// How long it could run and waited for a processor; null if the system does not report it.
    pub run_queue_us: Option<u64>,
    /// The integral over time of the number of attempts in flight, in seconds: what the loop itself counted, while
    /// attempts had a slot.
    pub in_flight_area_s: f64,
    /// The largest number of attempts in flight.
    pub max_in_flight: u64,
}
