//! What the log of a client process begins with.

use crate::comparison::Environment;
use crate::load::asked::AskedLoad;
use serde::{Deserialize, Serialize};

/// What is known of a client process before its first interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessHead {
    /// The unique name of the process: `host1_8f3c`.
    pub process: String,
    /// The run that all its processes have in common; `None` if they are started apart from each other.
    pub run: Option<String>,
    /// Which part of the load it makes: part `[i, n]` of n, from 1; `None` if it makes what it was asked for alone.
    pub shard: Option<[u64; 2]>,
    /// The user classes of Locust that it makes; empty without Locust.
    pub user_classes: Vec<String>,
    /// The load that was asked for: of a shard, that of all shards together.
    pub asked: AskedLoad,
    /// What was requested: `GET http://127.0.0.1:8000/`.
    pub targets: Vec<String>,
    /// The settings by name, in the order of display, without those in which processes of one run differ.
    pub settings: Vec<(String, String)>,
    /// The machine and the program.
    pub environment: Environment,
    /// When the first interval began (the end of the warm-up), in microseconds since the Unix epoch by the clock of the
    /// process.
    pub started_unix_us: u64,
    /// How far the clock of the process is ahead of the clock that all processes have in common, that of the master;
    /// negative if it is behind. `None` if it is not known.
    pub clock_offset_us: Option<i64>,
    /// Whether the log is of another program, which does not number its intervals and has no end.
    #[serde(skip)]
    pub is_foreign: bool,
}
