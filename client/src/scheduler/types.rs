//! The words in which an agenda and a strategy speak with each other.

use flagpole_protocol::AttemptKind;
use flagpole_protocol::Outcome;
use flagpole_protocol::Resource;
use std::sync::Arc;
use std::time::Duration;

/// One attempt of a run: no two are equal, and of two the earlier is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId {
    /// How many were started before.
    pub(crate) serial: u64,
    /// Where the agenda keeps it while it is in flight, and its download while that is undecided.
    pub(crate) flight: usize,
    pub(crate) download: usize,
}

/// What to do now. Points in time are counted from the start of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this attempt.
    Start(AttemptSpec),
    /// Nothing before this time, unless something ends before.
    Wait(Duration),
    /// Nothing until something in flight ends, or something is staged.
    Await,
    /// Nothing any more; if it was stopped, there may still be something in flight.
    Over,
}

/// An attempt to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptSpec {
    /// By which it is spoken of.
    pub id: AttemptId,
    /// The position of its download in the workload, from 1.
    pub download: usize,
    /// The number of this attempt among those of its download, from 1.
    pub attempt: u32,
    /// Why it is made.
    pub kind: AttemptKind,
    /// What to ask for.
    pub resource: Resource,
    /// The number of this request for the resource, from 1.
    pub request_number: u64,
    /// Where a redirect led; to be asked for instead of the resource's own path.
    pub path: Option<Arc<str>>,
    /// When it was due.
    pub due: Duration,
    /// How long its download backed off before it.
    pub backoff: Duration,
    /// Whether its body is to name the country.
    pub names: bool,
    /// Whether it is asked for without regard to what is left of it: the conditions of the attempt before
    /// had failed.
    pub is_plain: bool,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptResult {
    /// What it amounts to by itself.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
    /// The path to which a redirect leads, if it leads anywhere within the site.
    pub redirect: Option<Arc<str>>,
    /// Whether it came to this because of the conditions on which it was asked for.
    pub are_conditions_to_blame: bool,
    /// How long to wait before a retry, if the server said so.
    pub retry_after: Option<Duration>,
}

/// What an end means for its download, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// What it amounts to, given the others.
    pub outcome: Outcome,
    /// Whether it is the end of its download.
    pub decides: bool,
    /// What is to be done with its body.
    pub then: BodyAction,
    /// Attempts in flight that are not needed any more: cancel them.
    pub losers: Vec<AttemptId>,
}

/// What is to be done with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyAction {
    /// Forget it.
    Nothing,
    /// Save it.
    Save,
    /// Put it by, and say so by [`Agenda::staged`](super::Agenda::staged): its name is still to come.
    Stage,
    /// Give what was put by the name that is in it.
    Name,
}

impl Disposition {
    /// Not the end of the download.
    pub(crate) fn passing(outcome: Outcome) -> Disposition {
        Disposition {
            outcome,
            decides: false,
            then: BodyAction::Nothing,
            losers: Vec::new(),
        }
    }
}
