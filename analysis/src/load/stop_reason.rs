//! Why a load run ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a load run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StopReason {
    /// The asked duration was over or the asked number of requests was made.
    #[default]
    Completed,
    /// A condition of `--abort-if` held.
    Aborted {
        /// The condition with its figure, as a sentence without a full stop.
        message: String,
    },
    /// The user ended it.
    Interrupted,
    /// The server was gone, so that no further request could succeed.
    ServerGone {
        /// What shows that, as a sentence without a full stop.
        message: String,
    },
}
