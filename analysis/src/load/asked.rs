//! The load that was asked for, as a result holds it beside what was reached.

use super::shard::Shard;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The load that was asked for, of all processes if several share it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AskedLoad {
    /// What decides when requests start.
    pub model: LoadModel,
    /// For how long requests start, the warm-up included; null if only their number is limited.
    pub duration_us: Option<u64>,
    /// The number of requests; null if only their duration is limited.
    pub requests: Option<u64>,
    /// The time at the start that is in no figure.
    pub warm_up_us: u64,
    /// How long requests in flight may take after the last one started.
    pub grace_us: u64,
    /// The part of this process; null if it has all of the load.
    #[serde(default)]
    pub shard: Option<Shard>,
}

impl AskedLoad {
    /// This process's part of a number of connections, requests in flight or requests of the whole load.
    pub fn part_of(&self, total: u64) -> u64 {
        self.shard.map_or(total, |shard| shard.part_of(total))
    }
}

/// What decides when requests start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LoadModel {
    /// Each connection starts a request when its previous one has ended.
    Closed {
        /// The number of connections; the largest one of the stages.
        connections: u64,
        /// The pause of a connection before each request.
        think_us: u64,
        /// The stages as they were asked for: `10s:0..64,30s:64`; null if the number of connections is constant.
        stages: Option<String>,
    },
    /// Requests arrive by a schedule, whether or not earlier ones have ended.
    Open {
        /// The process of arrivals.
        arrivals: ArrivalKind,
        /// Arrivals per second; null if they follow stages.
        rate_per_s: Option<f64>,
        /// The stages as they were asked for: `10s:0..1000/s,30s:1000/s`; null if the rate is constant.
        stages: Option<String>,
        /// The number of requests in flight above which arrivals queue.
        max_in_flight: u64,
        /// The seed of the schedule.
        seed: u64,
    },
    /// People, or a script of theirs, say how many users there are at a time: the master of Locust.
    Users {
        /// What the users of each class do.
        classes: Vec<AskedUserClass>,
    },
    /// Not known, as a log is of another program.
    Unknown,
}

/// What the users of a class do whose number a Locust master decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AskedUserClass {
    /// The name of the class.
    pub name: String,
    /// Arrivals per second of each user, by a schedule; null if a user starts a request when its previous one has ended.
    pub rate_per_user_per_s: Option<f64>,
    /// The process of arrivals; without a meaning if there is no rate.
    pub arrivals: ArrivalKind,
    /// The pause of a user before each request; 0 if there is a rate.
    pub think_us: u64,
}

/// The process of arrivals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalKind {
    /// Equal distances.
    #[default]
    Constant,
    /// Independent exponential distances.
    Poisson,
}

impl Default for LoadModel {
    fn default() -> LoadModel {
        LoadModel::Closed {
            connections: 50,
            think_us: 0,
            stages: None,
        }
    }
}

impl LoadModel {
    /// Whether the load is the same during the whole run.
    pub fn is_constant(&self) -> bool {
        match self {
            LoadModel::Closed { stages, .. } | LoadModel::Open { stages, .. } => stages.is_none(),
            LoadModel::Users { .. } | LoadModel::Unknown => false,
        }
    }

    /// Whether it is known.
    pub fn is_known(&self) -> bool {
        !matches!(self, LoadModel::Unknown)
    }

    /// Whether requests arrive by a schedule.
    pub fn is_open(&self) -> bool {
        match self {
            LoadModel::Open { .. } => true,
            LoadModel::Closed { .. } | LoadModel::Unknown => false,
            LoadModel::Users { classes } => {
                let mut classes = classes.iter();
                classes.any(|class| class.rate_per_user_per_s.is_some())
            }
        }
    }
}
