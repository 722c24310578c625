//! The live page of running servers, on their control plane.
//!
//! The counts are read on the thread of the control plane: a thread of low priority that is preempted while it holds the log
//! of a worker would keep the worker waiting. Snapshots and JSON are made on a thread of low priority. Nothing is read
//! before the page is opened for the first time; from then on the history goes on without readers too.

use super::asset;
use super::event::as_json;
use super::event_stream;
use super::feed::{INTERVAL, LiveFeed};
use super::recent_requests::RecentRequests;
use super::server_sample::ServerSample;
use super::server_snapshot::SnapshotMaker;
use super::server_state::ServerState;
use super::thread_priority;
use crate::config::profile::Profile;
use crate::control::problem::Problem;
use crate::control::slot::LongCall;
use crate::control::stopping::Stopping;
use crate::server_control::ServerControl;
use crate::server_group::ServerGroup;
use axum::response::Response;
use flagpole_protocol::Resource;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, OnceLock};
use std::thread;
use tokio::time::{self, MissedTickBehavior};

/// The live page of a group of servers.
#[derive(Debug)]
pub(in crate::control) struct ServerPage {
    servers: ServerGroup,
    /// Profiles that the page offers.
    profiles: Vec<(String, Profile)>,
    feed: Arc<LiveFeed>,
    /// Set when the page was opened for the first time.
    has_started: OnceLock<()>,
}

impl ServerPage {
    pub(in crate::control) fn new(
        servers: ServerGroup,
        mut profiles: Vec<(String, Profile)>,
    ) -> ServerPage {
        // Ports cannot change while servers run.
        let listeners = profiles
            .iter_mut()
            .flat_map(|(_, profile)| &mut profile.listeners);
        listeners.for_each(|listener| listener.port = None);
        ServerPage {
            servers,
            profiles,
            feed: LiveFeed::new(),
            has_started: OnceLock::new(),
        }
    }

    /// A file of the page, or the picture of a flag: `br.gif`.
    pub(in crate::control) fn file(&self, name: &str) -> Option<Response> {
        asset::find(name).or_else(|| self.flag(name))
    }

    fn flag(&self, name: &str) -> Option<Response> {
        let code = name.strip_suffix(".gif")?;
        let resource = Resource::from_path(&format!("/flags/{code}/{code}.gif"))?;
        let site = self.servers.servers().first()?.site();
        let picture = site.catalog().get(resource)?.clone();
        Some(asset::respond(resource.content_type(), picture))
    }

    /// The stream of events.
    pub(in crate::control) fn events(
        &self,
        stopping: &Stopping,
        call: LongCall,
    ) -> Result<Response, Problem> {
        self.begin(stopping)?;
        Ok(event_stream::respond(
            self.feed.subscribe(),
            stopping.clone(),
            call,
        ))
    }

    /// Begins to take snapshots, at the first call.
    fn begin(&self, stopping: &Stopping) -> Result<(), Problem> {
        if self.has_started.get().is_some() {
            return Ok(());
        }
        let (sender, samples) = mpsc::sync_channel(1);
        let feed = self.feed.clone();
        let thread = thread::Builder::new().name("flagpole:live".to_owned());
        let spawned = thread.spawn(move || publish(&feed, &samples));
        spawned.map_err(|error| {
            let detail = format!("cannot start a thread: {error}");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        })?;
        // Only the thread of the control plane sets it.
        let _ = self.has_started.set(());
        self.feed.set("site", &self.site().to_string());
        let (servers, feed) = (self.servers.clone(), self.feed.clone());
        let stopping = stopping.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = sample(&servers, &feed, &sender) => {}
                () = stopping.wait() => {}
            }
        });
        Ok(())
    }

    /// What stays the same: the flags, and the profiles that the page offers.
    fn site(&self) -> Value {
        let servers = self.servers.servers();
        let site = servers.first().map(ServerControl::site);
        let codes = site.iter().flat_map(|site| site.catalog().codes());
        let codes = codes.map(|code| code.to_string().to_lowercase());
        let profiles = self.profiles.iter();
        let profiles = profiles.map(|(name, profile)| {
            json!({
                "name": name,
                "about": profile.about,
                "toml": profile.to_string(),
                "listeners": profile.listeners,
            })
        });
        json!({
            "flags": codes.collect::<Vec<_>>(),
            "profiles": profiles.collect::<Vec<_>>(),
        })
    }
}

/// The page, if a browser asks.
pub(in crate::control) fn page(request: &HeaderMap) -> Option<Response> {
    accepts_html(request).then(|| asset::page(asset::SERVE_PAGE))
}

/// A browser names HTML; a program that accepts everything does not.
fn accepts_html(request: &HeaderMap) -> bool {
    let values = request.get_all(http::header::ACCEPT).iter();
    let mut values = values.filter_map(|value| value.to_str().ok());
    values.any(|value| value.to_ascii_lowercase().contains("text/html"))
}

/// Takes samples until the receiver is gone.
async fn sample(servers: &ServerGroup, feed: &LiveFeed, sender: &SyncSender<ServerSample>) {
    let mut ticks = time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let sample = ServerSample::take(servers, feed.reader_count() > 0);
        // Counts are totals, so a sample that is dropped because the thread does not get a processor is in the next one.
        if let Err(mpsc::TrySendError::Disconnected(_)) = sender.try_send(sample) {
            return;
        }
    }
}

/// Makes snapshots until the sender is gone.
fn publish(feed: &LiveFeed, samples: &Receiver<ServerSample>) {
    thread_priority::lower();
    let Ok(first) = samples.recv() else {
        return;
    };
    let mut state = String::new();
    set_state(feed, &first, &mut state);
    let mut maker = SnapshotMaker::new(first);
    for sample in samples {
        set_state(feed, &sample, &mut state);
        if let Some(entries) = &sample.requests {
            feed.set("requests", &as_json(&RecentRequests::new(entries)));
        }
        feed.push(&as_json(&maker.next(sample)));
    }
}

/// Sets the document of the state if it has changed.
fn set_state(feed: &LiveFeed, sample: &ServerSample, before: &mut String) {
    let state = as_json(&ServerState::new(sample));
    if state != *before {
        feed.set("state", &state);
        *before = state;
    }
}
