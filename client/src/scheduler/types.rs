//! The messages between the scheduler and a strategy.

use flagpole_protocol::AttemptKind;
use flagpole_protocol::Outcome;
use flagpole_protocol::Resource;
use std::sync::Arc;
use std::time::Duration;

/// Identifies an attempt of a run. Ids are ordered by start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId {
    /// Number of attempts of the run that were started before this one.
    pub(crate) serial: u64,
    /// Slab key of the attempt while it is in flight.
    pub(crate) in_flight_key: usize,
    /// Slab key of the attempt's download until the download ends.
    pub(crate) download_key: usize,
}

/// The next action of a strategy. Times count from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this attempt.
    Start(AttemptSpec),
    /// Call [`next`](super::AttemptScheduler::next) again at this time, or earlier if an attempt ends.
    SleepUntil(Duration),
    /// Call [`next`](super::AttemptScheduler::next) again when an attempt ends or a file has been staged.
    Blocked,
    /// No attempt will be started any more. After [`stop`](super::AttemptScheduler::stop), attempts may still be in
    /// flight.
    Finished,
}

/// An attempt to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptSpec {
    /// Identifies the attempt in further calls.
    pub id: AttemptId,
    /// Position of the download in the workload, from 1.
    pub download: usize,
    /// Number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why the attempt is made.
    pub kind: AttemptKind,
    /// The resource to request.
    pub resource: Resource,
    /// Number of this request for the resource, from 1.
    pub request_number: u64,
    /// The target of a redirect, requested instead of the resource's own path.
    pub path: Option<Arc<str>>,
    /// When the attempt was due.
    pub due: Duration,
    /// How long the download backed off before this attempt.
    pub backoff: Duration,
    /// Whether the body is the metadata that gives the staged flag its file name.
    pub names_file: bool,
    /// Whether to omit conditional headers because a precondition of the previous attempt failed.
    pub unconditional: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptResult {
    /// The outcome of this attempt alone.
    pub outcome: Outcome,
    /// The time from when the request was sent to the end of the attempt.
    pub service_time: Duration,
    /// The path to which a redirect within the site leads.
    pub redirect: Option<Arc<str>>,
    /// Whether the conditional headers of the request (RFC 9110 section 13) caused the outcome.
    pub conditions_failed: bool,
    /// The delay that `Retry-After` asks for (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
}

/// The consequences of an attempt, for the strategy to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// The outcome to record, which takes redirects, hedges and missing metadata into account.
    pub outcome: Outcome,
    /// Whether this attempt ends its download.
    pub is_final: bool,
    /// What to do with the body.
    pub body_action: BodyAction,
    /// Attempts in flight that are not needed any more and must be cancelled.
    pub superseded: Vec<AttemptId>,
}

/// What to do with the body of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyAction {
    /// Discard the body.
    Discard,
    /// Save the body under the name of its resource.
    Save,
    /// Write the body to a temporary file and call [`on_staged`](super::AttemptScheduler::on_staged): the file name
    /// is not known yet.
    Stage,
    /// Rename the staged file to the country name in this body.
    RenameStaged,
}

impl Disposition {
    /// For an attempt that does not end its download.
    pub(crate) fn intermediate(outcome: Outcome) -> Disposition {
        Disposition {
            outcome,
            is_final: false,
            body_action: BodyAction::Discard,
            superseded: Vec::new(),
        }
    }
}
