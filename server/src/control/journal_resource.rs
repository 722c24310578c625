//! The journal: `GET /journal`. It can be read at once, after a wait, or as it goes on.

use super::journal_query::{JournalFilter, JournalQuery, Wait};
use super::line_body::LineBody;
use super::problem::Problem;
use super::query::Query;
use super::slot::{ConnectionSlot, LongCall};
use super::state::ControlState;
use super::stopping::Stopping;
use crate::observe::journal_follower::JournalFollower;
use crate::observe::journal_selection::JournalSelection;
use crate::server_control::ServerControl;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flagpole_protocol::JournalEntry;
use flagpole_protocol::spec::DurationDisplay;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::task;
use tokio::time::{self, Instant};

/// The interval between looks at whether enough requests are over.
const WAIT_INTERVAL: Duration = Duration::from_millis(2);

/// The interval between looks at whether the journal went on.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(20);

/// How long a follower may take for its last lines when the control plane stops.
const LAST_LINES_TIMEOUT: Duration = Duration::from_millis(100);

pub(super) async fn read(
    state: &ControlState,
    slot: &Arc<ConnectionSlot>,
    query: &Query,
) -> Result<Response, Problem> {
    let servers: Vec<_> = state.selected(query)?.into_iter().cloned().collect();
    let query = JournalQuery::parse(query)?;
    let call = state.slots.begin_long_call(slot)?;
    if let Some(wait) = query.wait {
        tokio::select! {
            waited = wait_for(&servers, &query.filter, wait) => waited?,
            () = state.stopping.wait() => return Err(Stopping::problem()),
        }
    }
    let body = if query.follows {
        let stopping = state.stopping.clone();
        Body::new(follow(&servers, query.filter, stopping, call))
    } else {
        let logs = servers.iter().flat_map(ServerControl::logs);
        send(query.select(logs), call)
    };
    Ok(([(CONTENT_TYPE, "application/jsonl")], body).into_response())
}

fn follower(servers: &[ServerControl]) -> JournalFollower {
    JournalFollower::new(servers.iter().flat_map(ServerControl::logs))
}

/// Waits until enough requests are over: of all requests of the servers since the last reset, or if there is a filter, of
/// those in the journal that it selects.
async fn wait_for(
    servers: &[ServerControl],
    filter: &JournalFilter,
    Wait { requests, timeout }: Wait,
) -> Result<(), Problem> {
    let end = Instant::now() + timeout;
    let mut counter = OverCounter::new(servers, filter);
    loop {
        let over = counter.count();
        if over >= requests {
            return Ok(());
        }
        if Instant::now() >= end {
            let detail = format!(
                "{over} of {requests} requests are over after {}",
                DurationDisplay(timeout)
            );
            let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT, detail);
            return Err(problem.with_members(&json!({ "over": over, "expected": requests })));
        }
        time::sleep(WAIT_INTERVAL).await;
    }
}

/// Counts the requests that are over.
struct OverCounter<'a> {
    servers: &'a [ServerControl],
    filter: &'a JournalFilter,
    /// `None` without a filter.
    follower: Option<JournalFollower>,
    /// Requests that the follower has read.
    over: u64,
}

impl<'a> OverCounter<'a> {
    fn new(servers: &'a [ServerControl], filter: &'a JournalFilter) -> OverCounter<'a> {
        OverCounter {
            servers,
            filter,
            follower: (!filter.selects_every_request()).then(|| follower(servers)),
            over: 0,
        }
    }

    fn count(&mut self) -> u64 {
        let Some(journal) = &mut self.follower else {
            return self.servers.iter().map(ServerControl::requests_over).sum();
        };
        let mut has_more = true;
        while has_more {
            let read = journal.read();
            has_more = read.has_more || read.was_reset;
            if read.was_reset {
                // What was counted may be forgotten; all that is not is read again.
                *journal = follower(self.servers);
                self.over = 0;
                continue;
            }
            let is_over = |line: &&JournalEntry| line.outcome().is_some();
            let ends = read.lines.iter().filter(is_over);
            self.over += ends.filter(|end| self.filter.selects_request(end)).count() as u64;
        }
        self.over
    }
}

/// Sends entries: few at once, many at the speed of the reader.
fn send(mut selection: JournalSelection, call: LongCall) -> Body {
    let first = lines(&selection.read().unwrap_or_default());
    if selection.is_read() {
        return first.into();
    }
    let (sender, body) = LineBody::new(call);
    tokio::spawn(async move {
        let mut piece = first;
        while sender.send(piece).await.is_ok()
            && let Some(entries) = selection.read()
        {
            piece = lines(&entries);
        }
    });
    Body::new(body)
}

/// Sends lines as they come, until the reader leaves. While the reader does not read, nothing is read from the journal
/// either, so that nothing grows.
fn follow(
    servers: &[ServerControl],
    filter: JournalFilter,
    stopping: Stopping,
    call: LongCall,
) -> LineBody {
    let (sender, body) = LineBody::new(call);
    let mut follower = follower(servers);
    tokio::spawn(async move {
        tokio::select! {
            () = send_followed(&mut follower, &filter, &sender) => return,
            () = sender.closed() => return,
            () = stopping.wait() => {}
        }
        // The servers have stopped: these are the ends of their last requests. A reader that is too slow misses them.
        let rest = send_new(&mut follower, &filter, &sender);
        let _ = time::timeout(LAST_LINES_TIMEOUT, rest).await;
    });
    body
}

async fn send_followed(
    follower: &mut JournalFollower,
    filter: &JournalFilter,
    sender: &Sender<Bytes>,
) {
    while send_new(follower, filter, sender).await {
        time::sleep(FOLLOW_INTERVAL).await;
    }
}

/// Sends the lines that are new; returns whether there is still a reader.
async fn send_new(
    follower: &mut JournalFollower,
    filter: &JournalFilter,
    sender: &Sender<Bytes>,
) -> bool {
    loop {
        let mut read = follower.read();
        read.lines.retain(|entry| filter.selects(entry));
        if !read.lines.is_empty() && sender.send(lines(&read.lines)).await.is_err() {
            return false;
        }
        if !read.has_more {
            return true;
        }
        // For other calls.
        task::yield_now().await;
    }
}

/// JSON lines.
fn lines(entries: &[JournalEntry]) -> Bytes {
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, entry).expect("entries are JSON");
        text.push(b'\n');
    }
    text.into()
}
