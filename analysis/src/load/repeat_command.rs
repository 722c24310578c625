//! The command that repeats a load run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The command that repeats a load run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatCommand {
    /// The command for a POSIX shell: `flagpole load http://127.0.0.1:8000/ --rate 2000/s`. Values of secret fields are `HIDDEN`.
    pub command: String,
    /// The content of `run.toml`, which the command reads; null if options say all.
    pub file: Option<String>,
}
