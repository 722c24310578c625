//! The life of an attempt: planned, started, in flight, ended. These are the messages between the scheduler and a
//! strategy, too.

use crate::policy::CircuitPermit;
use crate::{CapturedResponse, RenderedRequest};
use flagpole_protocol::{AttemptKind, Outcome, Resource};
use std::{sync::Arc, time::Duration};

/// Identifies an attempt of a run. Ids are ordered by start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AttemptId {
    /// Number of attempts of the run that were started before this one. Slab keys are reused; the serial is not.
    pub(super) serial: u64,
    /// Slab key of the attempt while it is in flight.
    pub(super) in_flight_key: usize,
    /// Slab key of the attempt's download until the download ends.
    pub(super) download_key: usize,
}

/// An attempt that may be started when a concurrency slot is free.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the properties are independent"
)]
pub(crate) struct AttemptPlan {
    /// Index of the download in the workload.
    pub(crate) index: usize,
    /// Slab key of the download.
    pub(super) download_key: usize,
    /// The download's generation when the attempt was planned; the attempt is obsolete if the generation has changed
    /// since.
    pub(super) generation: u32,
    /// Why the attempt is made.
    pub(crate) kind: AttemptKind,
    pub(crate) resource: Resource,
    /// The index of the message in the workload; `None` for a GET without fields and content.
    pub(crate) message: Option<usize>,
    /// Whether a redirect has changed the method to GET.
    pub(crate) as_get: bool,
    /// Number of this request for the resource, from 1.
    pub(crate) request_number: u64,
    /// The target of a redirect, requested instead of the resource's own path.
    pub(crate) path: Option<Arc<str>>,
    /// What differs from the target of the request.
    pub(crate) rendered: Option<Arc<RenderedRequest>>,
    /// Number of redirects that led to this attempt.
    pub(super) hops: u32,
    /// Whether the body is the metadata that gives the staged flag its file name.
    pub(crate) names_file: bool,
    /// Whether to omit conditional headers because a precondition of the previous attempt failed.
    pub(crate) unconditional: bool,
    /// Whether the request may be sent again although the server may have received it: its method is idempotent (RFC 9110
    /// section 9.2.2), or the policy repeats others too.
    pub(super) may_repeat: bool,
    /// Whether a hedge of this request was started, or the request is the hedge.
    pub(super) is_hedged: bool,
    /// Whether the attempt must open a new connection, because an earlier one got no byte on a reused connection.
    pub(crate) fresh_connection: bool,
    /// When the attempt is due; `None` for the first attempt of a download in a closed workload, which is due when the
    /// slot that it takes became free.
    pub(super) due: Option<Duration>,
    /// How long the download backs off before this attempt.
    pub(crate) backoff: Duration,
}

impl AttemptPlan {
    /// Another attempt of the same request, without a backoff, on any connection.
    pub(super) fn repeated(&self, kind: AttemptKind, due: Duration) -> AttemptPlan {
        AttemptPlan {
            kind,
            due: Some(due),
            backoff: Duration::ZERO,
            fresh_connection: false,
            ..self.clone()
        }
    }
}

/// An attempt to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptSpec {
    /// Identifies the attempt in further calls.
    pub(crate) id: AttemptId,
    /// Number of this attempt among those of its download, from 1.
    pub(crate) attempt: u32,
    /// When the attempt was due.
    pub(crate) due: Duration,
    /// When the first attempt of the download was due.
    pub(crate) first_due: Duration,
    /// When it was due and a slot was free: what follows until the exchange begins is lateness.
    pub(crate) ready: Duration,
    /// Whether the circuit breaker is open: no request is sent, and the outcome is [`Outcome::CircuitOpen`].
    pub(crate) is_rejected: bool,
    pub(crate) plan: AttemptPlan,
}

/// An attempt that holds a concurrency slot.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) serial: u64,
    pub(super) plan: AttemptPlan,
    /// When the attempt started, from the start of the run.
    pub(super) started: Duration,
    /// The permission to send the request; `None` without a circuit breaker, and if it is open.
    pub(super) permit: Option<CircuitPermit>,
    /// Whether the result is not needed any more, because another attempt ended the phase of the download.
    pub(super) is_superseded: bool,
    /// When the attempt ended, if it has; the slot is held until the body is handed to the disk.
    pub(super) ended: Option<Duration>,
    /// The retry after this try. The retry is queued when the slot is released, because until then the partial
    /// body of this try, which the retry continues, may not be on disk yet.
    pub(super) retry: Option<AttemptPlan>,
}

/// The next action of a strategy. Times count from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
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

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptResult {
    /// The outcome of this attempt alone.
    pub(crate) outcome: Outcome,
    /// The time from when the request was sent to the end of the attempt.
    pub(crate) service_time: Duration,
    /// The path to which a redirect within the site leads.
    pub(crate) redirect: Option<Arc<str>>,
    /// Whether that redirect changes the method to GET (RFC 9110 section 15.4).
    pub(crate) redirects_to_get: bool,
    /// Whether the conditional headers of the request (RFC 9110 section 13) caused the outcome.
    pub(crate) conditions_failed: bool,
    /// Whether the connection, which was reused, ended before a byte of the response: the server may have closed it before
    /// the request.
    pub(crate) died_unanswered: bool,
    /// The delay that `Retry-After` asks for (RFC 9110 section 10.2.3).
    pub(crate) retry_after: Option<Duration>,
    /// The response, if the run captures responses.
    pub(crate) captured: Option<Box<CapturedResponse>>,
}

/// The consequences of an attempt, for the strategy to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Disposition {
    /// The outcome to record, which takes redirects, hedges and missing metadata into account.
    pub(crate) outcome: Outcome,
    /// Whether this attempt ends its download.
    pub(crate) is_final: bool,
    /// What to do with the body.
    pub(crate) body_action: BodyAction,
    /// Attempts in flight that are not needed any more and must be cancelled.
    pub(crate) superseded: Vec<AttemptId>,
}

/// What to do with the body of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyAction {
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
    pub(super) fn intermediate(outcome: Outcome) -> Disposition {
        Disposition {
            outcome,
            is_final: false,
            body_action: BodyAction::Discard,
            superseded: Vec::new(),
        }
    }
}
