//! Where a comparison was run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine and the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The version of flagpole.
    pub flagpole: String,
    /// The operating system and its version.
    pub system: String,
    /// The model of the processor.
    pub processor: String,
    /// The number of processors that the program may use.
    pub cores: usize,
    /// The load average of the last minute before the comparison.
    pub load: Option<f64>,
    /// Whether the program is a release build.
    pub optimised: bool,
    /// The start, in seconds since the Unix epoch.
    pub started_unix_s: u64,
}
