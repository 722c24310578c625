//! Where the scheduler takes requests from: a trait between the scheduler and the models of load. Times count from the
//! start of the run.

use super::iteration_counts::IterationCounts;
use bytes::Bytes;
use flagpole_protocol::Outcome;
use http::HeaderMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// A source of requests. The scheduler asks it whenever a connection slot is free, and reports each end.
pub trait RequestSource: Send + Debug {
    /// The next request that is due at `now`. A request that is started takes a connection slot until it ends.
    fn next(&mut self, now: Duration) -> SourceAction;

    /// A request ended: its final attempt, not one that is retried.
    fn on_end(&mut self, ended: &EndedRequest<'_>);

    /// A redirect is followed. Gives what the next request sends instead of what the one before it sent, such as the cookies that
    /// the redirect has set; `None`: the same.
    fn on_redirect(&mut self, _: &FollowedRedirect<'_>) -> Option<Arc<RenderedRequest>> {
        None
    }

    /// No further iteration, arrival or later step of a scenario begins. Arrivals that were due at `now` are still given
    /// out, so that none is lost; after them, [`next`](RequestSource::next) gives [`SourceAction::Finished`].
    fn stop(&mut self, now: Duration);

    /// The number of users of all loops changes. Only a source whose users come and go while the load goes on has them.
    fn change_users(&mut self, _: UserChange) {}

    /// The users of this loop that are there, and those that were taken away and have a request in flight.
    fn running_users(&self) -> u64 {
        0
    }

    /// Whether the times at which requests are due do not depend on when others end.
    fn is_independent(&self) -> bool {
        false
    }

    /// The number of requests to come; `None` if it is not known.
    fn remaining(&self) -> Option<usize> {
        None
    }

    /// How the iterations of a scenario ended so far; `None` without a scenario.
    fn iterations(&self) -> Option<IterationCounts> {
        None
    }
}

/// A change of the number of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserChange {
    /// When it takes effect, from the start of the run.
    pub at: Duration,
    /// How many users all loops have together from then on.
    pub users: u64,
}

/// What the scheduler does next.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceAction {
    /// Start this request.
    Start(SourceRequest),
    /// Ask again at this time, or when a request ends before.
    SleepUntil(Duration),
    /// Ask again when a request ends: no request is due before that.
    Blocked,
    /// No request follows. Requests in flight may still end.
    Finished,
}

/// A request that is due.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceRequest {
    /// The position in the schedule of all loops, from 0.
    pub number: u64,
    /// The index into the targets of the run: method, URL, fields, content and expectation.
    pub target: usize,
    /// When the request was due; `None` if it is due when the slot that it takes became free.
    pub due: Option<Duration>,
    /// Handed back in [`EndedRequest::user`]; of no meaning to the scheduler.
    pub user: usize,
    /// The step of a scenario whose path, fields or content have values filled in.
    pub rendered: Option<Arc<RenderedRequest>>,
}

/// The end of a request.
#[derive(Clone, Copy, Debug)]
pub struct EndedRequest<'a> {
    /// That of its [`SourceRequest`].
    pub user: usize,
    /// When its final attempt ended.
    pub at: Duration,
    /// How its final attempt ended.
    pub outcome: &'a Outcome,
    /// What later steps may use; `None` unless the run captures responses and a complete one arrived.
    pub response: Option<&'a CapturedResponse>,
}

/// A redirect to the same origin, which is followed.
#[derive(Clone, Copy, Debug)]
pub struct FollowedRedirect<'a> {
    /// That of its [`SourceRequest`].
    pub user: usize,
    /// When the response arrived.
    pub at: Duration,
    /// Path and query of the next request.
    pub path: &'a str,
    /// As in [`EndedRequest`].
    pub response: Option<&'a CapturedResponse>,
}

/// What later steps of a scenario may use of a response. Only captured if the run asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedResponse {
    /// The status code.
    pub status: u16,
    /// All fields of the head.
    pub fields: HeaderMap,
    /// The content.
    pub content: Bytes,
}

/// What replaces parts of a target's message in one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedRequest {
    /// Path and query; a valid request target (`origin-form`, RFC 9112 section 3.2.1).
    pub path: String,
    /// Fields that replace those of the target's message of the same name.
    pub fields: HeaderMap,
    /// The content, instead of that of the target's message.
    pub content: Bytes,
}
